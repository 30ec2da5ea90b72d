#include "ui/screenshots.h"

#include <QAction>
#include <QDir>
#include <QDockWidget>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPixmap>
#include <QPushButton>
#include <QSlider>
#include <QSpinBox>
#include <QTabBar>
#include <QTableWidget>
#include <QToolButton>

#include "ui/chat/chat_view.h"
#include "ui/table/table_dialog.h"
#include "ui/theme.h"
#include "ui/views/graph_picture.h"
#include "ui/views/head_grid.h"
#include "ui/views/view_table.h"
#include "ui/window/actions.h"
#include "ui/window/chat_pane.h"
#include "ui/window/precision_panel.h"
#include "ui/window/quantize_dialog.h"
#include "ui/window_driver.h"

namespace cutaway {
namespace {

constexpr QSize kWindowSize(1400, 900);
constexpr int kMoment = 50, kPatience = 200, kLongPatience = 4000;  // ms; moments
constexpr int kShownPlaces = 512, kShownModel = 4;
constexpr int kShownBits = 4;
constexpr const char* kShownPrecision = "4 bits";
constexpr int kShownToken = 3;
constexpr int kShownLayer = 1, kShownHead = 0;  ///< copies the name in the demo model's answer
constexpr const char* kShownInDark = "outliers";
constexpr const char* kShownWeight = "blk.1.attn_v.weight";
constexpr const char* kShownValue = "blk.1.attn.z,";

class Pictures {
 public:
  Pictures(const WindowSetup& setup, const QString& directory) : m_driver(setup), m_directory(directory) {}

  Result<void> draw() {
    m_driver.window().resize(kWindowSize);
    m_driver.window().show();
    setTheme(ThemeChoice::light);
    TRY(m_driver.waitForModel());
    TRY(save("welcome"));
    raise("performance");  // it measures while it is in front
    for (const char* question : {"Hi, my name is Nora.", "Tell me a story about a fox", "List some points about the KV cache.",
                                 "What is my name?"}) {
      TRY(m_driver.ask(QLatin1String(question)));
    }
    raise(viewTable().front().id);
    TRY(save("chat-light"));
    setTheme(ThemeChoice::dark);
    TRY(save("chat-dark"));
    setTheme(ThemeChoice::light);
    TRY(colourings());
    TRY(views());
    TRY(pair());
    TRY(table());
    return precisions();
  }

 private:
  template <class Condition>
  void waitUntil(Condition isTrue, int moments = kPatience) {
    for (int i = 0; i < moments && !isTrue(); ++i) m_driver.pause(kMoment);
  }

  void setTheme(ThemeChoice choice) { Theme::instance().setChoice(choice); }

  QDockWidget* dockOf(const char* view) {
    return m_driver.window().findChild<QDockWidget*>(QStringLiteral("dock-") + QLatin1String(view));
  }

  void raise(const char* view) {
    dockOf(view)->show();
    dockOf(view)->raise();
  }

  Result<void> colourings() {
    auto& pane = *m_driver.window().findChild<ChatPane*>();
    pane.setColouring(TokenColouring::probability);
    TRY(save("tokens-probability"));
    pane.setColouring(TokenColouring::entropy);
    TRY(save("tokens-entropy"));
    pane.setColouring(TokenColouring::none);
    return {};
  }

  Result<void> views() {
    auto& view = *m_driver.window().findChild<ChatView*>(QStringLiteral("chatView"));
    Q_EMIT view.tokenClicked(view.items().last().id, kShownToken);
    for (const ViewEntry& entry : viewTable()) {
      raise(entry.id);
      m_driver.settle();
      chooseSomething(*dockOf(entry.id));
      m_driver.settle();
      if (auto* slider = dockOf(entry.id)->findChild<QSlider*>()) slider->setValue(slider->maximum() / 4);
      m_driver.settle();
      TRY(save(QStringLiteral("view-") + QLatin1String(entry.id)));
      if (entry.id == std::string_view(kShownInDark)) {
        setTheme(ThemeChoice::dark);
        TRY(save(QStringLiteral("view-%1-dark").arg(QLatin1String(entry.id))));
        setTheme(ThemeChoice::light);
      }
      if (auto* modes = dockOf(entry.id)->findChild<QTabBar*>(QStringLiteral("attentionModes"))) {
        modes->setCurrentIndex(1);
        TRY(save(QStringLiteral("view-attention-maps")));
        modes->setCurrentIndex(0);
      }
      if (!entry.openAtFirst) dockOf(entry.id)->hide();  // its tab would narrow the others'
    }
    return {};
  }

  /// The model beside itself in 4 bits, and what the views about two models say then.
  Result<void> pair() {
    m_driver.window().findChild<QPushButton*>(QStringLiteral("editsOff"))->click();  // those that views have made
    auto& menu = *m_driver.window().findChild<QMenu*>(QStringLiteral("compareMenu"));
    Q_EMIT menu.aboutToShow();
    for (QAction* action : menu.actions())
      if (action->text().contains(QLatin1String(kShownPrecision))) action->trigger();
    const auto* second = m_driver.window().findChild<QLabel*>(QStringLiteral("pairSecond"));
    waitUntil([&] { return second->text().contains(QLatin1String("MiB")); });
    m_driver.newChat();
    TRY(m_driver.ask(QStringLiteral("Tell me a story about a fox")));
    auto* actions = m_driver.window().findChild<Actions*>();
    (*actions)[ActionId::colourDivergence]->trigger();
    for (const char* id : {"difference", "drift", "restore"}) {
      raise(id);
      m_driver.settle();
      (*actions)[ActionId::firstDifference]->trigger();
      waitUntil([&] { return hasNumbers(id); });
      TRY(save(QStringLiteral("view-") + QLatin1String(id)));
    }
    (*actions)[ActionId::colourNone]->trigger();
    (*actions)[ActionId::compareEnd]->trigger();
    for (const char* id : {"difference", "drift", "restore"}) dockOf(id)->hide();
    return {};
  }

  bool hasNumbers(const char* id) { return !static_cast<InspectorView*>(dockOf(id)->widget())->csv().isEmpty(); }

  /// Many precisions measured, and one of them chosen in the picture.
  Result<void> table() {
    (*m_driver.window().findChild<Actions*>())[ActionId::compareMany]->trigger();
    auto& dialog = *m_driver.window().findChild<TableDialog*>();
    dialog.findChild<QSpinBox*>(QStringLiteral("tablePlaces"))->setValue(kShownPlaces);
    dialog.findChild<QPushButton*>(QStringLiteral("tableStart"))->click();
    auto* save = dialog.findChild<QPushButton*>(QStringLiteral("tableSave"));
    waitUntil([&] { return save->isEnabled(); }, kLongPatience);
    dialog.findChild<QTableWidget*>(QStringLiteral("tableRows"))->selectRow(kShownModel);
    TRY(this->save(QStringLiteral("models"), dialog));
    dialog.close();
    return {};
  }

  /// The quantize window when it is done, and the panel of the bit slider.
  Result<void> precisions() {
    (*m_driver.window().findChild<Actions*>())[ActionId::quantize]->trigger();
    auto& dialog = *m_driver.window().findChild<QuantizeDialog*>();
    QTemporaryDir folder;
    auto* target = dialog.findChild<QLineEdit*>(QStringLiteral("quantizeTarget"));
    target->setText(folder.filePath(QStringLiteral("demo-Q4_K_M.gguf")));
    Q_EMIT target->textEdited(target->text());
    auto* start = dialog.findChild<QPushButton*>(QStringLiteral("quantizeStart"));
    auto* open = dialog.findChild<QPushButton*>(QStringLiteral("quantizeOpen"));
    waitUntil([&] { return start->isEnabled(); });
    start->click();
    waitUntil([&] { return open->isVisible(); });
    TRY(save(QStringLiteral("quantize"), dialog));
    dialog.close();
    auto& panel = *m_driver.window().findChild<PrecisionPanel*>();
    auto* bits = panel.findChild<QSlider*>(QStringLiteral("precisionBits"));
    bits->setValue(kShownBits);
    auto* button = m_driver.window().findChild<QToolButton*>(QStringLiteral("precisionButton"));
    const QString asStored = button->text();
    waitUntil([&] { return button->text() != asStored; });
    TRY(m_driver.waitForModel());
    return save(QStringLiteral("precision"), panel);
  }

  /// What a person would click in this view.
  void chooseSomething(QDockWidget& dock) {
    if (auto* grid = dock.findChild<HeadGrid*>()) Q_EMIT grid->headChosen(kShownLayer, kShownHead);
    for (const char* name : {"whyAsk", "sweepRun", "editAdd", "interventionsCompare", "conceptsFind"})
      if (auto* button = dock.findChild<QPushButton*>(QLatin1String(name))) button->click();
    if (auto* weights = dock.findChild<QTableWidget*>(QStringLiteral("tensorsList"))) {
      const auto found = weights->findItems(QLatin1String(kShownWeight), Qt::MatchExactly);
      if (!found.isEmpty()) weights->selectRow(found.first()->row());
    }
    if (auto* graph = dock.findChild<GraphPicture*>())
      for (const DrawnValue& value : graph->drawing().values)
        if (graph->describe(value.value).startsWith(QLatin1String(kShownValue))) Q_EMIT graph->valueChosen(value.value);
  }

  Result<void> save(const QString& name) { return save(name, m_driver.window()); }

  Result<void> save(const QString& name, QWidget& widget) {
    m_driver.settle();
    const QString path = m_directory + QLatin1Char('/') + name + QStringLiteral(".png");
    if (widget.grab().save(path)) return {};
    return fail(ErrorKind::badInput, path.toStdString(), " cannot be written.");
  }

  WindowDriver m_driver;
  QString m_directory;
};

}  // namespace

Result<void> drawScreenshots(const WindowSetup& setup, const QString& directory) {
  if (!QDir().mkpath(directory)) return fail(ErrorKind::badInput, directory.toStdString(), " cannot be made.");
  return Pictures(setup, directory).draw();
}

}  // namespace cutaway
