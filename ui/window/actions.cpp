#include "ui/window/actions.h"

#include <QActionGroup>

namespace cutaway {
namespace {

#define TEXT(text) QT_TRANSLATE_NOOP("Actions", text)

struct MenuRow {
  MenuId id;
  MenuId parent;  ///< itself: in the menu bar
  const char* text;
  bool choices;  ///< one of its actions is checked
};
constexpr MenuRow kMenus[] = {
    {MenuId::file, MenuId::file, TEXT("&File"), false},
    {MenuId::edit, MenuId::edit, TEXT("&Edit"), false},
    {MenuId::view, MenuId::view, TEXT("&View"), false},
    {MenuId::colouring, MenuId::view, TEXT("Colour &tokens"), true},
    {MenuId::theme, MenuId::view, TEXT("The&me"), true},
    {MenuId::inspect, MenuId::inspect, TEXT("&Inspect"), false},
    {MenuId::model, MenuId::model, TEXT("&Model"), false},
    {MenuId::compare, MenuId::model, TEXT("Comp&are with"), false},
    {MenuId::help, MenuId::help, TEXT("&Help"), false},
};

struct Row {
  ActionId id;
  MenuId menu;
  const char* text;
  const char* shortcut;
  bool separator;  ///< before it
  bool checkable;
};
constexpr Row kRows[] = {
    {ActionId::newChat, MenuId::file, TEXT("&New chat"), "Ctrl+N", false, false},
    {ActionId::openModel, MenuId::file, TEXT("&Open model…"), "Ctrl+O", true, false},
    {ActionId::openWithOptions, MenuId::file, TEXT("Open model with &memory options…"), "Ctrl+Shift+O", false, false},
    {ActionId::openDemo, MenuId::file, TEXT("Open the &demo model"), "Ctrl+D", false, false},
    {ActionId::exportChat, MenuId::file, TEXT("&Export chat as Markdown…"), "Ctrl+E", true, false},
    {ActionId::quit, MenuId::file, TEXT("&Quit"), "Ctrl+Q", true, false},
    {ActionId::copy, MenuId::edit, TEXT("&Copy"), "Ctrl+C", false, false},
    {ActionId::selectAll, MenuId::edit, TEXT("Select &all"), "Ctrl+A", false, false},
    {ActionId::find, MenuId::edit, TEXT("&Find in chat"), "Ctrl+F", true, false},
    {ActionId::findNext, MenuId::edit, TEXT("Find ne&xt"), "F3", false, false},
    {ActionId::searchChats, MenuId::edit, TEXT("&Search conversations"), "Ctrl+K", false, false},
    {ActionId::rename, MenuId::edit, TEXT("&Rename chat"), "F2", true, false},
    {ActionId::deleteChat, MenuId::edit, TEXT("&Delete chat"), "Ctrl+Shift+Backspace", false, false},
    {ActionId::focusMessage, MenuId::edit, TEXT("&Write a message"), "Ctrl+L", true, false},
    {ActionId::editLast, MenuId::edit, TEXT("&Edit the last message"), "Ctrl+Shift+E", false, false},
    {ActionId::regenerate, MenuId::edit, TEXT("Re&generate the answer"), "Ctrl+R", false, false},
    {ActionId::stop, MenuId::edit, TEXT("S&top the answer"), "Ctrl+.", false, false},
    {ActionId::sidebar, MenuId::view, TEXT("&Sidebar"), "Ctrl+B", false, true},
    {ActionId::inspector, MenuId::view, TEXT("&Inspector"), "Ctrl+I", false, true},
    {ActionId::colourNone, MenuId::colouring, TEXT("&None"), "Ctrl+F5", false, true},
    {ActionId::colourProbability, MenuId::colouring, TEXT("By &probability"), "Ctrl+F6", false, true},
    {ActionId::colourEntropy, MenuId::colouring, TEXT("By &entropy"), "Ctrl+F7", false, true},
    {ActionId::colourAttention, MenuId::colouring, TEXT("By the chosen word's &attention"), "Ctrl+F8", false, true},
    {ActionId::colourDivergence, MenuId::colouring, TEXT("By the two models' &divergence"), "Ctrl+Shift+F6", false, true},
    {ActionId::colourRank, MenuId::colouring, TEXT("By &rank under the second model"), "Ctrl+Shift+F7", false, true},
    {ActionId::colourChange, MenuId::colouring, TEXT("By &change of probability"), "Ctrl+Shift+F8", false, true},
    {ActionId::firstDifference, MenuId::view, TEXT("First &difference of two models"), "F4", true, false},
    {ActionId::compareFile, MenuId::compare, TEXT("A model in a &file…"), "Ctrl+Shift+M", false, false},
    {ActionId::compareEnd, MenuId::compare, TEXT("&Nothing"), "Ctrl+Shift+W", true, false},
    {ActionId::saveViewPicture, MenuId::inspect, TEXT("Save the view's &picture…"), "Ctrl+Alt+S", false, false},
    {ActionId::saveViewNumbers, MenuId::inspect, TEXT("Save the view's &numbers…"), "Ctrl+Alt+E", false, false},
    {ActionId::copyViewNumbers, MenuId::inspect, TEXT("&Copy the view's numbers"), "Ctrl+Alt+C", false, false},
    {ActionId::themeSystem, MenuId::theme, TEXT("&System"), "Ctrl+F9", false, true},
    {ActionId::themeLight, MenuId::theme, TEXT("&Light"), "Ctrl+F10", false, true},
    {ActionId::themeDark, MenuId::theme, TEXT("&Dark"), "Ctrl+F11", false, true},
    {ActionId::chooseModel, MenuId::model, TEXT("Choose a &model"), "Ctrl+M", false, false},
    {ActionId::chooseDevice, MenuId::model, TEXT("Choose the &device"), "Ctrl+Shift+D", false, false},
    {ActionId::choosePrecision, MenuId::model, TEXT("Try another &precision"), "Ctrl+Shift+P", false, false},
    {ActionId::modelCard, MenuId::model, TEXT("Model &card"), "Ctrl+Shift+I", false, false},
    {ActionId::quantize, MenuId::model, TEXT("&Quantize…"), "Ctrl+Shift+Q", true, false},
    {ActionId::compareMany, MenuId::model, TEXT("Compare man&y models…"), "Ctrl+Shift+T", false, false},
    {ActionId::resetSampling, MenuId::model, TEXT("&Reset sampling"), "Ctrl+Shift+R", false, false},
    {ActionId::shortcuts, MenuId::help, TEXT("&Keyboard shortcuts"), "F1", false, false},
    {ActionId::about, MenuId::help, TEXT("&About Cutaway"), "Shift+F1", false, false},
};
#undef TEXT

static_assert(std::size(kRows) == static_cast<std::size_t>(ActionId::count));

}  // namespace

Actions::Actions(QWidget* window, QMenuBar* bar) : QObject(window) {
  std::array<QActionGroup*, static_cast<std::size_t>(MenuId::count)> groups{};
  for (const MenuRow& row : kMenus) {
    const auto at = static_cast<std::size_t>(row.id);
    m_menus[at] = row.parent == row.id ? bar->addMenu(tr(row.text)) : new QMenu(tr(row.text), window);
    if (row.choices) groups[at] = new QActionGroup(this);
  }
  for (const Row& row : kRows) {
    auto* action = new QAction(tr(row.text), window);
    action->setShortcut(QKeySequence(QLatin1String(row.shortcut)));
    action->setCheckable(row.checkable);
    QMenu* const into = menu(row.menu);
    if (row.separator) into->addSeparator();
    into->addAction(action);
    if (QActionGroup* group = groups[static_cast<std::size_t>(row.menu)]) group->addAction(action);
    m_actions[static_cast<std::size_t>(row.id)] = action;
  }
  for (const MenuId id : {MenuId::view, MenuId::inspect, MenuId::model}) menu(id)->addSeparator();
  for (const MenuRow& row : kMenus) {
    if (row.parent != row.id) menu(row.parent)->addMenu(menu(row.id));
  }
}

}  // namespace cutaway
