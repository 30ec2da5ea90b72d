#include "ui/window/top_bar.h"

#include <QComboBox>
#include <QLabel>
#include <QMenu>
#include <QWidgetAction>

#include "ui/choice_box.h"
#include "ui/theme.h"
#include "ui/window/menu_button.h"
#include "ui/window/model_controller.h"
#include "ui/window/precision_panel.h"

namespace cutaway {
namespace {
constexpr int kWidestTitle = 40, kWidestDevice = 28;  // characters
}  // namespace

TopBar::TopBar(QWidget* parent)
    : QToolBar(tr("Model and device"), parent), m_model(new MenuButton(this)),
      m_precision(new MenuButton(this)), m_precisionPanel(new PrecisionPanel(this)), m_device(new ChoiceBox(this)) {
  setObjectName(QStringLiteral("topBar"));
  setMovable(false);
  setFloatable(false);
  toggleViewAction()->setVisible(false);
  setContextMenuPolicy(Qt::PreventContextMenu);
  auto* name = new QLabel(QStringLiteral("Cutaway"), this);
  QFont bold = name->font();
  bold.setWeight(QFont::Bold);
  name->setFont(bold);
  name->setContentsMargins(Theme::kGrid / 2, 0, Theme::kGrid / 2, 0);
  addWidget(name);
  m_model->setObjectName(QStringLiteral("modelButton"));
  m_model->setAccessibleName(tr("Model"));
  m_model->setToolTip(tr("Choose a model"));
  m_model->setMenu(new QMenu(m_model));
  addWidget(m_model);
  m_precision->setObjectName(QStringLiteral("precisionButton"));
  m_precision->setAccessibleName(tr("Precision"));
  m_precision->setToolTip(tr("Try the model in fewer bits"));
  m_precision->setMenu(new QMenu(m_precision));
  auto* panel = new QWidgetAction(m_precision->menu());
  panel->setDefaultWidget(m_precisionPanel);
  m_precision->menu()->addAction(panel);
  connect(m_precisionPanel, &PrecisionPanel::chosen, this, &TopBar::precisionChosen);
  addWidget(m_precision);
  m_device->setObjectName(QStringLiteral("deviceChoice"));
  m_device->setAccessibleName(tr("Device"));
  m_device->setToolTip(tr("The device that computes"));
  m_device->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  m_device->setPlaceholderText(tr("Looking for devices…"));
  m_device->setEnabled(false);
  connect(m_device, &QComboBox::activated, this, &TopBar::deviceChosen);
  addWidget(m_device);
  setModel({});
  setPrecision(nullptr);
  setRecent({});
}

void TopBar::setViews(QMenu* views) {
  auto* space = new QWidget(this);
  space->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
  addWidget(space);
  auto* button = new MenuButton(this);
  button->setObjectName(QStringLiteral("viewsButton"));
  button->setText(tr("Look inside"));
  button->setAccessibleName(tr("Views of the inside"));
  button->setToolTip(tr("Open a view of the inside"));
  button->setMenu(views);
  addWidget(button);
}

void TopBar::setModel(const QString& title) {
  const QString text = title.isEmpty() ? tr("No model") : title;
  const bool isLong = text.size() > kWidestTitle;
  m_model->setText(isLong ? text.left(kWidestTitle - 1) + QStringLiteral("…") : text);
  m_model->setAccessibleDescription(text);
}

void TopBar::setPrecision(const ModelCard* card) {
  m_precision->setText(card == nullptr ? precisionTitle({}, {}) : precisionTitle(card->simulation, card->activations));
  m_precision->setEnabled(card != nullptr);
  m_precisionPanel->setModel(card);
}

void TopBar::setDevices(const QStringList& names) {
  m_device->clear();
  for (const QString& device : names) {
    const bool isLong = device.size() > kWidestDevice;
    m_device->addItem(isLong ? device.left(kWidestDevice - 1) + QStringLiteral("…") : device);
    m_device->setItemData(m_device->count() - 1, device, Qt::ToolTipRole);
  }
  m_device->setEnabled(true);
}

void TopBar::setDevice(int device) { m_device->setCurrentIndex(device); }

void TopBar::chooseModel() { m_model->menu()->popup(m_model->mapToGlobal(QPoint(0, m_model->height()))); }

void TopBar::choosePrecision() {
  m_precision->menu()->popup(m_precision->mapToGlobal(QPoint(0, m_precision->height())));
  m_precisionPanel->setFocus(Qt::ShortcutFocusReason);
}

void TopBar::chooseDevice() {
  m_device->setFocus(Qt::ShortcutFocusReason);
  m_device->showPopup();
}

void TopBar::setRecent(const QStringList& paths) {
  QMenu* menu = m_model->menu();
  menu->clear();
  for (const QString& path : paths) {
    QAction* action = menu->addAction(modelTitle(path), this, [this, path] { Q_EMIT modelChosen(path); });
    action->setToolTip(path);
    action->setStatusTip(path);
  }
  if (!paths.isEmpty()) menu->addSeparator();
  menu->addAction(modelTitle(kDemoModel), this, [this] { Q_EMIT modelChosen(kDemoModel); });
  menu->addAction(tr("Open…"), this, &TopBar::openRequested);
}

}  // namespace cutaway
