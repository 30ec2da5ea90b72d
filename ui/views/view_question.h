// What a view asks about recorded tokens: the newest question counts, late answers to older ones are dropped.
#pragma once

#include "ui/views/view.h"

namespace cutaway {

class ViewQuestion : public QObject {
  Q_OBJECT

 public:
  /// `asker`: a name that no other ViewQuestion has.
  ViewQuestion(ViewData& data, const QString& asker, QObject* parent);

  /// About the first `tokens` tokens of an answer and all before them; message 0: about the model, without a text. False:
  /// there is no model or no such token.
  bool ask(qint64 message, int tokens, InquiryMaker make);
  /// The same about the chat's model and the second one.
  bool askPair(qint64 message, int tokens, PairInquiryMaker make);
  void drop();  ///< it will not be answered
  bool isOpen() const { return m_id != 0; }

 Q_SIGNALS:
  void opened();
  void expected(double seconds);  ///< that it will take
  void progressed(double done);  ///< 0 to 1
  void closed();                 ///< answered or dropped
  void dropped();                ///< after closed
  void forgotten();              ///< by drop(), though none may be open: what the last one brought is not shown any more
  /// Has an error, or an inquiry. `inquiry` is of the kind that was made.
  void answered(const cutaway::Answer& answer);

 private:
  bool open(RequestId id);
  void close();

  ViewData& m_data;
  QString m_asker;
  RequestId m_id = 0;  ///< 0: none is open
};

}  // namespace cutaway
