// The table of actions: menu, text and shortcut of everything the window can be told to do.
#pragma once

#include <QAction>
#include <QMenu>
#include <QMenuBar>
#include <array>

namespace cutaway {

enum class ActionId : quint8 {
  newChat, openModel, openWithOptions, openDemo, exportChat, quit,
  copy, selectAll, find, findNext, rename, deleteChat, editLast, regenerate, stop,
  searchChats, focusMessage, sidebar, inspector, colourNone, colourProbability, colourEntropy, colourAttention,
  colourDivergence, colourRank, colourChange, firstDifference, compareFile, compareEnd,
  saveViewPicture, saveViewNumbers, copyViewNumbers,
  themeSystem, themeLight, themeDark, chooseModel, chooseDevice, choosePrecision, modelCard, quantize, compareMany, resetSampling, shortcuts, about,
  count
};

enum class MenuId : quint8 { file, edit, view, colouring, theme, inspect, model, compare, help, count };

/// Makes every action of the table and puts it into its menu; colouring and theme are submenus of view, compare of model. Actions of
/// these two are checkable, one at a time.
class Actions : public QObject {
  Q_OBJECT

 public:
  explicit Actions(QWidget* window, QMenuBar* bar);

  QAction* operator[](ActionId id) const { return m_actions[static_cast<std::size_t>(id)]; }
  QMenu* menu(MenuId id) const { return m_menus[static_cast<std::size_t>(id)]; }
  template <class Act>
  void on(ActionId id, Act act) {
    connect((*this)[id], &QAction::triggered, this, act);
  }

 private:
  std::array<QAction*, static_cast<std::size_t>(ActionId::count)> m_actions{};
  std::array<QMenu*, static_cast<std::size_t>(MenuId::count)> m_menus{};
};

}  // namespace cutaway
