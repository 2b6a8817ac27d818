// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/notice_bar.h"

#include "views/widgets/elided_label.h"

#include <QApplication>
#include <QClipboard>
#include <QEvent>
#include <QHBoxLayout>
#include <QStyle>
#include <QToolButton>

namespace expertscope {

NoticeBar::NoticeBar(QWidget* parent)
    : QFrame(parent)
{
    setObjectName("notice");
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(12, 4, 4, 4);
    m_text = new ElidedLabel(this);
    m_text->setObjectName("noticeText");
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_text->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    layout->addWidget(m_text, 1);
    const auto button = [&](const QString& text, const QString& id, const QString& tip) {
        auto* b = new QToolButton(this);
        b->setText(text);
        b->setObjectName(id);
        b->setToolTip(tip);
        b->setAutoRaise(true);
        b->setFocusPolicy(Qt::StrongFocus);
        layout->addWidget(b);
        return b;
    };
    m_do = button({}, "noticeDo", {});
    m_cancel = button("Cancel", "noticeCancel", "Stay with what is shown  (Esc)");
    m_copy = button("Copy", "noticeCopy", "Copy this line");
    m_close = button("×", "noticeClose", "Close");
    connect(m_cancel, &QToolButton::clicked, this, &NoticeBar::cancelRequested);
    connect(m_copy, &QToolButton::clicked, this, [this] { QApplication::clipboard()->setText(m_text->text()); });
    connect(m_close, &QToolButton::clicked, this, [this] {
        hide();
        emit closed();
    });
    connect(m_do, &QToolButton::clicked, this, [this] {
        hide();
        if (const auto run = m_run)
            run();
    });
    parent->installEventFilter(this);
    hide();
}

void NoticeBar::showProgress(const QString& text)
{
    m_text->setProperty("error", false);
    m_text->setText(text);
    m_do->hide();
    m_cancel->show();
    m_copy->hide();
    m_close->hide();
    place();
}

void NoticeBar::showError(const QString& text)
{
    showNote(text);
    m_text->setProperty("error", true);
    place();
}

void NoticeBar::showNote(const QString& text, const QString& button, std::function<void()> run)
{
    m_text->setProperty("error", false);
    m_text->setText(text);
    m_run = std::move(run);
    m_do->setText(button);
    m_do->setVisible(m_run != nullptr);
    m_cancel->hide();
    m_copy->show();
    m_close->show();
    place();
}

void NoticeBar::place()
{
    m_text->style()->unpolish(m_text); // the style sheet looks at properties only then
    m_text->style()->polish(m_text);
    lie();
    show();
    raise();
}

void NoticeBar::lie()
{
    const int height = sizeHint().height();
    setGeometry(0, parentWidget()->height() - height, parentWidget()->width(), height); // tabs stay reachable
}

bool NoticeBar::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == parentWidget() && event->type() == QEvent::Resize)
        lie();
    return QFrame::eventFilter(watched, event);
}

}
