#include "ui/window/loading_strip.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QVBoxLayout>

#include "ui/base/text.h"
#include "ui/theme.h"

namespace cutaway {
namespace {
constexpr int kSteps = 1000;
}  // namespace

QString fitSentence(const FitReport& report) {
  const MemoryUse& need = report.need;
  return LoadingStrip::tr("%1: %2 for weights, %3 for the cache of %4 tokens, %5 for work space; %6 of %7 free on %8.")
      .arg(report.card.name, bytesText(need.weights), bytesText(need.cache), countText(report.context),
           bytesText(need.scratch), bytesText(need.total()), bytesText(need.available), report.device);
}

LoadingStrip::LoadingStrip(QWidget* parent)
    : QFrame(parent),
      m_title(new QLabel(this)),
      m_detail(new QLabel(this)),
      m_progress(new QProgressBar(this)),
      m_cancel(new QPushButton(tr("Cancel"), this)) {
  setObjectName(QStringLiteral("loadingStrip"));
  m_title->setTextFormat(Qt::PlainText);
  m_detail->setTextFormat(Qt::PlainText);
  m_detail->setWordWrap(true);
  m_detail->setForegroundRole(QPalette::PlaceholderText);
  m_detail->setObjectName(QStringLiteral("loadingDetail"));
  m_progress->setRange(0, kSteps);
  m_progress->setTextVisible(false);
  m_progress->setAccessibleName(tr("Loading progress"));
  m_cancel->setObjectName(QStringLiteral("cancelLoading"));
  m_cancel->setAccessibleName(tr("Cancel loading"));
  connect(m_cancel, &QPushButton::clicked, this, [this] {
    m_cancel->setEnabled(false);
    Q_EMIT cancelRequested();
  });
  auto* text = new QVBoxLayout;
  text->setSpacing(Theme::kGrid / 2);
  text->addWidget(m_title);
  text->addWidget(m_progress);
  text->addWidget(m_detail);
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(Theme::kGrid * 3 / 2, Theme::kGrid, Theme::kGrid, Theme::kGrid);
  row->setSpacing(Theme::kGrid * 2);
  row->addLayout(text, 1);
  row->addWidget(m_cancel, 0, Qt::AlignVCenter);
  hide();
}

void LoadingStrip::begin(const QString& name) {
  m_title->setText(tr("Loading %1").arg(name));
  m_detail->clear();
  m_progress->setRange(0, 0);  // busy until the first bytes are counted
  m_cancel->setEnabled(true);
  show();
}

void LoadingStrip::showFit(const FitReport& report) {
  if (isVisible()) m_detail->setText(fitSentence(report));
}

void LoadingStrip::setProgress(quint64 done, quint64 total) {
  m_progress->setRange(0, kSteps);
  m_progress->setValue(total == 0 ? 0 : static_cast<int>(static_cast<double>(done) / static_cast<double>(total) * kSteps));
}

void LoadingStrip::end() { hide(); }

}  // namespace cutaway
