// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/actions/definition_tip.h"

#include "app/desktop/main_window.h"

#include <QApplication>
#include <QCursor>
#include <QDockWidget>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QTabBar>
#include <QTabWidget>
#include <QTimer>
#include <QToolTip>

namespace expertscope {

namespace {

constexpr int kRestMs = 350;

/// The view under the cursor, or whose title or tab is.
View* viewAt(MainWindow& window, const QPoint& global)
{
    for (QWidget* widget = QApplication::widgetAt(global); widget; widget = widget->parentWidget()) {
        if (auto* view = qobject_cast<View*>(widget))
            return view;
        if (auto* dock = qobject_cast<QDockWidget*>(widget))
            return qobject_cast<View*>(dock->widget());
        auto* bar = qobject_cast<QTabBar*>(widget);
        const int tab = bar ? bar->tabAt(bar->mapFromGlobal(global)) : -1;
        if (tab < 0)
            continue;
        if (auto* tabs = qobject_cast<QTabWidget*>(bar->parentWidget()))
            return qobject_cast<View*>(tabs->widget(tab));
        for (auto* dock : window.findChildren<QDockWidget*>()) {
            if (dock->windowTitle() == bar->tabText(tab))
                return qobject_cast<View*>(dock->widget());
        }
    }
    return nullptr;
}

}

DefinitionTip::DefinitionTip(MainWindow& window)
    : QObject(&window)
    , m_window(window)
    , m_rest(new QTimer(this))
{
    m_rest->setSingleShot(true);
    m_rest->setInterval(kRestMs);
    connect(m_rest, &QTimer::timeout, this, &DefinitionTip::show);
    qApp->installEventFilter(this);
}

bool DefinitionTip::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::MouseMove) {
        const auto* mouse = static_cast<QMouseEvent*>(event);
        const bool asks = mouse->modifiers() == Qt::ShiftModifier && mouse->buttons() == Qt::NoButton;
        asks ? m_rest->start() : m_rest->stop();
    } else if (event->type() == QEvent::KeyPress && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Shift) {
        m_rest->start();
    } else if (event->type() == QEvent::KeyPress || event->type() == QEvent::KeyRelease
        || event->type() == QEvent::MouseButtonPress) {
        m_rest->stop();
    }
    return QObject::eventFilter(watched, event);
}

void DefinitionTip::show()
{
    const QPoint at = QCursor::pos();
    View* view = viewAt(m_window, at);
    if (!view || !m_window.session().study())
        return;
    const QString text = view->definition();
    if (!text.isEmpty())
        QToolTip::showText(at, "<div style='width: 420px'>" + text + "</div>", view);
}

}
