// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/widgets/state_pages.h"

#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QStackedWidget>
#include <QVBoxLayout>

namespace expertscope {

StatePage::StatePage(QWidget* parent)
    : QWidget(parent)
{
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    auto* scroll = new QScrollArea(this);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setFocusPolicy(Qt::NoFocus);
    outer->addWidget(scroll);
    auto* page = new QWidget(scroll);
    m_layout = new QVBoxLayout(page);
    m_layout->setContentsMargins(16, 16, 16, 16);
    m_layout->setSpacing(12);
    m_layout->addStretch(2);
    m_layout->addStretch(3);
    scroll->setWidget(page);
}

void StatePage::add(QWidget* widget)
{
    const bool text = qobject_cast<QLabel*>(widget) != nullptr;
    m_layout->insertWidget(m_layout->count() - 1, widget, 0, text ? Qt::Alignment() : Qt::AlignHCenter);
}

QLabel* StatePage::addText(const QString& text, const QString& id)
{
    auto* label = new QLabel(text, this);
    label->setObjectName(id);
    label->setAlignment(Qt::AlignCenter);
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    add(label);
    return label;
}

QLabel* StatePage::addHeading(const QString& text)
{
    QLabel* label = addText(text);
    QFont font = label->font();
    font.setPointSizeF(font.pointSizeF() * 1.5);
    label->setFont(font);
    return label;
}

QPushButton* StatePage::addButton(const QString& text, const QString& id)
{
    auto* button = new QPushButton(text, this);
    button->setObjectName(id);
    button->setMinimumSize(button->fontMetrics().horizontalAdvance(text) + 40, 32);
    button->setAutoDefault(true);
    add(button);
    return button;
}

void focusFollowsPage(QWidget* view, QStackedWidget* pages, QWidget* shown)
{
    const auto follow = [view, pages, shown] {
        QWidget* const page = pages->currentWidget();
        const bool there = page && (page == shown || page->isAncestorOf(shown));
        view->setFocusProxy(there ? shown : page ? page->findChild<QPushButton*>() : nullptr);
    };
    QObject::connect(pages, &QStackedWidget::currentChanged, view, follow);
    follow();
}

}
