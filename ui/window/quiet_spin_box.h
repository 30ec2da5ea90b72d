// A number in a list of settings: no frame until it is used.
#pragma once

#include <QDoubleSpinBox>

namespace cutaway {

class QuietSpinBox : public QDoubleSpinBox {
  Q_OBJECT

 public:
  explicit QuietSpinBox(QWidget* parent = nullptr) : QDoubleSpinBox(parent) {
    setButtonSymbols(QAbstractSpinBox::NoButtons);
    setAlignment(Qt::AlignRight);
    setStepType(QAbstractSpinBox::DefaultStepType);
    setProperty("quiet", true);
    // The widest value it could hold would make the list of settings wider than its column.
    setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    setMinimumWidth(fontMetrics().averageCharWidth() * 10);
  }

 protected:
  /// "0.05", and no group separators: these are typed.
  QString textFromValue(double value) const override { return QLocale::c().toString(value, 'f', decimals()); }
  double valueFromText(const QString& text) const override {
    if (text == specialValueText()) return minimum();
    return QLocale::c().toDouble(QString(text).replace(QLatin1Char(','), QLatin1Char('.')));
  }
  QValidator::State validate(QString& text, int& position) const override {
    if (text == specialValueText()) return QValidator::Acceptable;
    text.replace(QLatin1Char(','), QLatin1Char('.'));
    bool good = false;
    const double value = QLocale::c().toDouble(text, &good);
    if (good) return value >= minimum() && value <= maximum() ? QValidator::Acceptable : QValidator::Intermediate;
    const bool begun = text.isEmpty() || text == QLatin1String("-") || specialValueText().startsWith(text);
    return begun ? QValidator::Intermediate : QDoubleSpinBox::validate(text, position);
  }
};

}  // namespace cutaway
