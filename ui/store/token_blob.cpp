#include "ui/store/token_blob.h"

#include <QDataStream>
#include <QIODevice>

namespace cutaway {
namespace {

constexpr char kVersion = 1;
constexpr quint32 kMaxItems = 1u << 24;
constexpr quint32 kMaxAlternatives = 1024;

void write(QDataStream& out, const ChatToken& token) {
  out << token.id << token.text.toUtf8() << token.probability << token.entropy
      << static_cast<quint16>(token.alternatives.size());
  for (const TokenAlternative& other : token.alternatives) out << other.text.toUtf8() << other.probability;
}

bool read(QDataStream& in, ChatToken& token) {
  QByteArray text;
  quint16 count = 0;
  in >> token.id >> text >> token.probability >> token.entropy >> count;
  if (in.status() != QDataStream::Ok || count > kMaxAlternatives) return false;
  token.text = QString::fromUtf8(text);
  for (quint16 i = 0; i < count; ++i) {
    TokenAlternative other;
    in >> text >> other.probability;
    other.text = QString::fromUtf8(text);
    token.alternatives.append(other);
  }
  return in.status() == QDataStream::Ok;
}

void write(QDataStream& out, const TokenDifference& d) {
  out << d.divergence << d.probability << d.otherProbability << d.otherRank << d.entropy << d.otherEntropy << d.sameTop;
}

bool read(QDataStream& in, TokenDifference& d) {
  in >> d.divergence >> d.probability >> d.otherProbability >> d.otherRank >> d.entropy >> d.otherEntropy >> d.sameTop;
  return in.status() == QDataStream::Ok;
}

void prepare(QDataStream& stream) {
  stream.setVersion(QDataStream::Qt_6_0);
  stream.setFloatingPointPrecision(QDataStream::SinglePrecision);
}

template <class Item>
QByteArray pack(const QVector<Item>& items) {
  if (items.isEmpty()) return {};
  QByteArray raw;
  QDataStream out(&raw, QIODevice::WriteOnly);
  prepare(out);
  out << static_cast<quint32>(items.size());
  for (const Item& item : items) write(out, item);
  return QByteArray(1, kVersion) + qCompress(raw, 1);
}

template <class Item>
QVector<Item> unpack(const QByteArray& blob) {
  if (blob.size() < 2 || blob.at(0) != kVersion) return {};
  const QByteArray raw = qUncompress(blob.mid(1));
  QDataStream in(raw);
  prepare(in);
  quint32 count = 0;
  in >> count;
  if (in.status() != QDataStream::Ok || count > kMaxItems) return {};
  QVector<Item> items;
  for (quint32 i = 0; i < count; ++i) {
    Item item;
    if (!read(in, item)) return {};
    items.append(std::move(item));
  }
  return items;
}

}  // namespace

QByteArray packTokens(const QVector<ChatToken>& tokens) { return pack(tokens); }
QVector<ChatToken> unpackTokens(const QByteArray& blob) { return unpack<ChatToken>(blob); }

QByteArray packDifferences(const QVector<TokenDifference>& differences) { return pack(differences); }
QVector<TokenDifference> unpackDifferences(const QByteArray& blob) { return unpack<TokenDifference>(blob); }

}  // namespace cutaway
