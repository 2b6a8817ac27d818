// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/widgets/theme.h"

#include <QApplication>
#include <QPalette>
#include <QStyleFactory>

namespace expertscope {

namespace {

Theme g_theme = Theme::Light;

}

ThemeColours themeColours(Theme theme)
{
    if (theme == Theme::Dark)
        return {QColor(0x20, 0x23, 0x28), QColor(0x2a, 0x2e, 0x34), QColor(0xe6, 0xe8, 0xeb), QColor(0x9d, 0xa5, 0xb0),
            QColor(0x45, 0x4b, 0x54), QColor(0x56, 0xb4, 0xe9), QColor(0xff, 0x8a, 0x80)};
    return {QColor(0xf6, 0xf7, 0xf9), QColor(0xff, 0xff, 0xff), QColor(0x1d, 0x22, 0x29), QColor(0x5c, 0x66, 0x73),
        QColor(0xd3, 0xd8, 0xdf), QColor(0x00, 0x72, 0xb2), QColor(0xb3, 0x26, 0x1e)};
}

void applyTheme(Theme theme)
{
    g_theme = theme;
    const ThemeColours c = themeColours(theme);
    QApplication::setStyle(QStyleFactory::create("Fusion"));
    QPalette p;
    p.setColor(QPalette::Window, c.window);
    p.setColor(QPalette::Base, c.panel);
    p.setColor(QPalette::AlternateBase, c.window);
    p.setColor(QPalette::Button, theme == Theme::Dark ? QColor(0x33, 0x38, 0x40) : QColor(0xf0, 0xf2, 0xf5));
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::ToolTipText})
        p.setColor(role, c.text);
    p.setColor(QPalette::PlaceholderText, c.faintText);
    p.setColor(QPalette::ToolTipBase, c.panel);
    p.setColor(QPalette::Highlight, c.accent);
    p.setColor(QPalette::HighlightedText, theme == Theme::Dark ? QColor(Qt::black) : QColor(Qt::white));
    p.setColor(QPalette::Link, c.accent);
    p.setColor(QPalette::Mid, c.line);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        p.setColor(QPalette::Disabled, role, c.faintText);
    QApplication::setPalette(p);
    qApp->setStyleSheet(
        QString("QToolTip { color: %1; background: %2; border: 1px solid %3; padding: 3px; }"
                "QLabel[faint=\"true\"] { color: %4; }"
                "QLabel[error=\"true\"] { color: %5; }"
                "QFrame#readout { background: %2; border-top: 1px solid %3; }"
                "QWidget#filterBar { background: %2; border-bottom: 1px solid %3; }"
                "QWidget#options { background: %2; }"
                "QFrame#notice { background: %2; border-top: 2px solid %7; }"
                "QLabel#sample { background: %6; border: 1px solid %3; border-radius: 4px; padding: 0px 6px; }"
                "QFrame#chip { background: %6; border: 1px solid %3; border-radius: 10px; }"
                "QFrame#chip QToolButton { border: none; border-radius: 8px; background: transparent; }"
                "QFrame#chip QToolButton:hover, QFrame#chip QToolButton:focus { background: %3; }"
                "QFrame#overflow, QFrame#filterPopup, QFrame#palette { background: %2; border: 1px solid %3; }"
                "QPushButton[link=\"true\"] { text-align: left; color: %7; border: none; padding: 3px 2px; }"
                "QPushButton[link=\"true\"]:hover, QPushButton[link=\"true\"]:focus { text-decoration: underline; }"
                "QProgressBar#loading { background: transparent; border: none; }"
                "QProgressBar#loading::chunk { background: %7; }"
                "QTableView { gridline-color: %3; border: none; }"
                "QHeaderView::section { background: %6; color: %4; border: none; border-bottom: 1px "
                "solid %3; padding: 3px 2px; }"
                "QHeaderView::up-arrow, QHeaderView::down-arrow { subcontrol-position: top center; width: 7px; height: "
                "7px; }"
                "QMainWindow::separator { background: %3; width: 1px; height: 1px; margin: 2px; }")
            .arg(c.text.name(), c.panel.name(), c.line.name(), c.faintText.name(), c.error.name(), c.window.name(),
                c.accent.name()));
}

Theme currentTheme()
{
    return g_theme;
}

ScreenColours screenColours()
{
    const ThemeColours c = themeColours(g_theme);
    return {c.panel, c.text, c.faintText, c.line, c.accent};
}

}
