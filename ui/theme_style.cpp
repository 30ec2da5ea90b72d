#include "ui/theme_style.h"

#include <utility>

namespace cutaway {

namespace {

// @name is replaced by the colour of that name. Hairlines instead of boxes, an 8-pixel rhythm, and the accent
// for focus and for what is chosen; everything else keeps the look of the style below.
constexpr char kSheet[] = R"(
QToolTip { background: @panel; color: @text; border: 1px solid @hairline; padding: 4px 8px; }
QPushButton, QToolButton[framed="true"] {
  background: @base; color: @text; border: 1px solid @hairline; border-radius: 6px; padding: 4px 12px; }
QPushButton:hover, QToolButton[framed="true"]:hover { background: @hover; }
QPushButton:pressed, QToolButton[framed="true"]:pressed, QPushButton:checked { background: @accentTint; color: @accent; }
QPushButton:focus, QToolButton[framed="true"]:focus { border-color: @accent; }
QPushButton:disabled { color: @disabled; }
QPushButton:default { color: @accent; }
QPushButton[primary="true"] { background: @accent; color: @onAccent; border-color: @accent; }
QPushButton[primary="true"]:hover { background: @accentHover; }
QPushButton[primary="true"]:focus { border: 2px solid @text; padding: 3px 11px; }
QPushButton[primary="true"]:disabled { background: @hairline; color: @mutedText; border-color: @hairline; }
QToolButton { border: 1px solid transparent; border-radius: 6px; padding: 4px; }
QToolButton[opensMenu="true"] { padding: 3px 24px 3px 8px; }
QToolButton:hover { background: @hover; }
QToolButton:checked { background: @accentTint; color: @accent; }
QToolButton:focus { border-color: @accent; }
QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox {
  background: @base; color: @text; border: 1px solid @hairline; border-radius: 6px; padding: 3px 8px;
  selection-background-color: @selection; selection-color: @text; }
QPlainTextEdit, QTextEdit {
  background: @base; color: @text; border: 1px solid @hairline; border-radius: 6px;
  selection-background-color: @selection; selection-color: @text; }
QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus, QPlainTextEdit:focus, QTextEdit:focus {
  border-color: @accent; }
QLineEdit:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled, QComboBox:disabled, QCheckBox:disabled { color: @disabled; }
QComboBox::drop-down { border: none; width: 20px; }
QAbstractItemView { selection-background-color: @accentTint; selection-color: @accent; outline: none; }
QListView, QTreeView, QTableView { background: @panel; border: none; }
QListView::item { padding: 6px 8px; border-radius: 6px; }
QListView::item:hover { background: @hover; }
QListView QLineEdit { padding: 0 6px; }
QListView::item:selected { background: @accentTint; color: @accent; }
QAbstractSpinBox[quiet="true"]:!hover:!focus { background: transparent; border-color: transparent; }
QWidget[panel="true"] { background: @panel; }
QToolButton::menu-indicator { image: none; }
QHeaderView::section { background: @panel; color: @mutedText; border: none; border-bottom: 1px solid @hairline;
  padding: 4px; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QMenu { background: @panel; color: @text; border: 1px solid @hairline; padding: 4px; }
QMenu::item { padding: 5px 24px 5px 12px; border-radius: 4px; }
QMenu::item:selected { background: @accentTint; color: @accent; }
QMenu::item:disabled { color: @disabled; }
QMenu::separator { height: 1px; background: @hairline; margin: 4px 8px; }
QMenuBar { background: @panel; color: @text; border-bottom: 1px solid @hairline; }
QMenuBar::item { padding: 5px 10px; background: transparent; border-radius: 4px; }
QMenuBar::item:selected { background: @accentTint; color: @accent; }
QStatusBar { background: @panel; color: @mutedText; border-top: 1px solid @hairline; }
QStatusBar::item { border: none; }
QToolBar { background: @panel; border: none; border-bottom: 1px solid @hairline; spacing: 8px; padding: 4px 8px; }
QTabBar::tab { background: transparent; color: @mutedText; border: none; padding: 8px 12px; }
QTabBar::tab:selected { color: @text; border-bottom: 2px solid @accent; }
QTabBar::tab:hover { color: @text; }
QTabWidget::pane { border: none; border-top: 1px solid @hairline; }
QDockWidget { color: @text; }
QDockWidget::title { background: @panel; padding: 6px 8px; border-bottom: 1px solid @hairline; }
QSplitter::handle { background: @hairline; }
QSplitter::handle:horizontal { width: 1px; }
QSplitter::handle:vertical { height: 1px; }
QMainWindow::separator { background: @hairline; width: 1px; height: 1px; }
QMainWindow::separator:hover { background: @accent; }
QProgressBar { background: @hairline; border: none; border-radius: 3px; max-height: 6px; text-align: center; }
QProgressBar::chunk { background: @accent; border-radius: 3px; }
QCheckBox { color: @text; spacing: 8px; }
QCheckBox::indicator, QAbstractItemView::indicator { width: 13px; height: 13px; border: 1px solid @mutedText; border-radius: 3px; background: @base; }
QCheckBox::indicator:checked, QAbstractItemView::indicator:checked { background: @accent; border-color: @accent; }
QCheckBox:focus { color: @accent; }
QScrollBar:vertical { background: transparent; width: 12px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 0; }
QScrollBar::handle { background: @handle; border-radius: 4px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::handle:hover { background: @mutedText; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
)";

}  // namespace

QString themeStyleSheet(const ThemeColours& c, bool dark) {
  // Longer names first: @accentTint must not be taken for @accent.
  const std::pair<const char*, QColor> colours[] = {
      {"@accentHover", dark ? c.accent.lighter(108) : c.accent.darker(112)},
      {"@accentTint", c.accentTint},
      {"@accent", c.accent},
      {"@disabled", mixPerceptually(c.window, c.mutedText, 0.7f)},
      {"@handle", mixPerceptually(c.window, c.mutedText, 0.35f)},
      {"@hover", mixPerceptually(c.panel, c.text, 0.05f)},
      {"@hairline", c.hairline},
      {"@mutedText", c.mutedText},
      {"@onAccent", c.onAccent},
      {"@selection", c.selection},
      {"@panel", c.panel},
      {"@base", c.base},
      {"@text", c.text},
  };
  QString sheet = QString::fromLatin1(kSheet);
  for (const auto& [name, colour] : colours) sheet.replace(QLatin1String(name), colour.name());
  return sheet;
}

}  // namespace cutaway
