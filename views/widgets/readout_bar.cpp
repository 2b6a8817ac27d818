// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/widgets/readout_bar.h"

#include "views/widgets/elided_label.h"

#include <QHBoxLayout>
#include <QTimer>

namespace expertscope {

ReadoutBar::ReadoutBar(QWidget* parent)
    : QFrame(parent)
{
    setObjectName("readout");
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(12, 4, 12, 4);
    layout->setSpacing(16);
    m_readout = new ElidedLabel(this);
    m_readout->setObjectName("readoutText");
    m_readout->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_readout->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    m_note = new ElidedLabel(this);
    m_note->setObjectName("reducerNote");
    m_note->setProperty("faint", true);
    layout->addWidget(m_readout, 1);
    layout->addWidget(m_note);
    m_said = new QTimer(this);
    m_said->setSingleShot(true);
    connect(m_said, &QTimer::timeout, this, [this] { m_note->setText(m_noteText); });
    setReadout({});
}

void ReadoutBar::setReadout(const QString& text)
{
    setFaint(*m_readout, text.isEmpty());
    m_readout->setText(text.isEmpty()
            ? QStringLiteral("Point at something for its numbers; click pins it, wheel zooms, drag pans, F fits")
            : text);
}

void ReadoutBar::setNote(const QString& text)
{
    m_noteText = text;
    if (!m_said->isActive())
        m_note->setText(text);
}

void ReadoutBar::say(const QString& text)
{
    m_note->setText(text);
    m_said->start(8000);
}

}
