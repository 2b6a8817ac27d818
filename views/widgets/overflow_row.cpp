// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/widgets/overflow_row.h"

#include <QEvent>
#include <QFrame>
#include <QScopedValueRollback>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace expertscope {

namespace {

constexpr int kGap = 8;

}

OverflowRow::OverflowRow(const QString& more, QWidget* parent)
    : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    m_button = new QToolButton(this);
    m_button->setText(QStringLiteral("⋯"));
    m_button->setToolTip(more);
    m_button->setAccessibleName(more);
    m_button->setAutoRaise(true);
    m_button->setFocusPolicy(Qt::StrongFocus);
    m_button->hide();
    m_rest = new QFrame(this, Qt::Popup);
    m_rest->setObjectName("overflow");
    m_restLayout = new QVBoxLayout(m_rest);
    m_restLayout->setContentsMargins(12, 12, 12, 12);
    m_restLayout->setSpacing(8);
    connect(m_button, &QToolButton::clicked, this, &OverflowRow::openRest);
}

void OverflowRow::add(QWidget* widget)
{
    widget->setParent(this);
    m_widgets.push_back(widget);
    widget->show();
    widget->installEventFilter(this);
    updateGeometry();
    arrange();
}

void OverflowRow::clear()
{
    for (QWidget* widget : std::exchange(m_widgets, {})) {
        widget->hide();
        widget->deleteLater(); // it may be its own button that was clicked
    }
    updateGeometry();
    arrange();
}

QSize OverflowRow::sizeHint() const
{
    QSize size(0, m_button->sizeHint().height());
    for (const QWidget* widget : m_widgets) {
        if (widget->isHidden())
            continue;
        size.rwidth() += widget->sizeHint().width() + (size.width() ? kGap : 0);
        size.setHeight(std::max(size.height(), widget->sizeHint().height()));
    }
    return size;
}

QSize OverflowRow::minimumSizeHint() const
{
    return {m_widgets.empty() ? 0 : m_button->sizeHint().width(), sizeHint().height()};
}

void OverflowRow::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    arrange();
}

bool OverflowRow::event(QEvent* event)
{
    if (event->type() == QEvent::LayoutRequest || event->type() == QEvent::Show) { // one of them wants another size
        updateGeometry();
        arrange();
    }
    return QWidget::event(event);
}

bool OverflowRow::eventFilter(QObject* watched, QEvent* event)
{
    // Wherever it is, it takes room or gives it back.
    if ((event->type() == QEvent::ShowToParent || event->type() == QEvent::HideToParent) && !m_arranging) {
        updateGeometry();
        arrange();
    }
    return QWidget::eventFilter(watched, event);
}

void OverflowRow::arrange()
{
    const QScopedValueRollback arranging(m_arranging, true);
    int room = width();
    if (sizeHint().width() > room)
        room -= m_button->sizeHint().width() + kGap;
    int left = 0;
    bool fits = true;
    QWidget* before = nullptr;
    for (QWidget* widget : m_widgets) {
        if (widget->isHidden())
            continue;
        const QSize size = widget->sizeHint();
        fits = fits && left + size.width() <= room;
        if (fits) {
            if (widget->parentWidget() != this) {
                m_restLayout->removeWidget(widget);
                widget->setParent(this);
                widget->show();
            }
            widget->setGeometry(left, (height() - size.height()) / 2, size.width(), size.height());
            left += size.width() + kGap;
            if (before)
                setTabOrder(before, widget);
            before = widget;
        } else if (widget->parentWidget() != m_rest) {
            m_restLayout->addWidget(widget);
            widget->show();
        }
    }
    m_button->setVisible(!fits);
    const QSize size = m_button->sizeHint();
    m_button->setGeometry(
        std::min(left, width() - size.width()), (height() - size.height()) / 2, size.width(), size.height());
    if (fits)
        m_rest->hide();
}

void OverflowRow::openRest()
{
    m_rest->adjustSize();
    const QPoint corner = m_button->mapToGlobal(QPoint(m_button->width() - m_rest->width(), m_button->height() + 2));
    m_rest->move(std::max(corner.x(), window()->mapToGlobal(QPoint(0, 0)).x()), corner.y());
    m_rest->show();
}

}
