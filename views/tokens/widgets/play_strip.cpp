// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/tokens/widgets/play_strip.h"

#include "views/widgets/elided_label.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QSpinBox>
#include <QToolButton>

namespace expertscope {

PlayStrip::PlayStrip(Session& session, QWidget* parent)
    : QWidget(parent)
    , m_cursor(TokenCursor::of(session))
{
    setObjectName("playStrip");
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    m_row = new QHBoxLayout;
    m_row->setContentsMargins(8, 4, 8, 2);
    m_row->setSpacing(12);
    layout->addLayout(m_row);
    m_controls = new QWidget(this);
    auto* row = new QHBoxLayout(m_controls);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(4);
    m_row->addWidget(m_controls);
    const auto button = [&](const char* text, const QString& id, const QString& tip) {
        auto* made = new QToolButton(m_controls);
        made->setText(QString::fromUtf8(text));
        made->setObjectName(id);
        made->setToolTip(tip);
        made->setAccessibleName(tip);
        made->setAutoRaise(true);
        made->setFocusPolicy(Qt::TabFocus);
        row->addWidget(made);
        return made;
    };
    connect(button("‹", "playBack", "One token back  (,)"), &QToolButton::clicked, this, [this] { m_cursor.step(-1); });
    m_play = button("▶", "play", "Play along the text  (Space)");
    connect(m_play, &QToolButton::clicked, this, [this] { m_cursor.setPlaying(!m_cursor.playing()); });
    connect(button("›", "playOn", "One token on  (.)"), &QToolButton::clicked, this, [this] { m_cursor.step(1); });
    m_speed = new QSpinBox(m_controls);
    m_speed->setObjectName("playSpeed");
    m_speed->setRange(TokenCursor::kSlowest, TokenCursor::kFastest);
    m_speed->setSuffix(" tokens/s");
    m_speed->setToolTip("Tokens a second");
    m_speed->setAccessibleName("Speed of playing, tokens a second");
    connect(m_speed, &QSpinBox::valueChanged, &m_cursor, &TokenCursor::setSpeed);
    row->addWidget(m_speed);
    m_words = new ElidedLabel(this);
    m_words->setObjectName("playWords");
    m_words->setProperty("faint", true);
    m_row->addWidget(m_words, 1);
    m_bars = new TotalBars(session, this);
    m_bars->setFixedHeight(m_bars->sizeHint().height());
    layout->addWidget(m_bars);
    connect(m_bars, &TotalBars::totalChanged, this, [this] { m_words->setText(m_bars->summary()); });
    connect(&m_cursor, &TokenCursor::playingChanged, this, &PlayStrip::read);
    connect(&m_cursor, &TokenCursor::moved, this, &PlayStrip::read);
    read();
}

void PlayStrip::takeControls()
{
    m_row->insertWidget(0, m_controls);
}

void PlayStrip::read()
{
    m_play->setText(QString::fromUtf8(m_cursor.playing() ? "■" : "▶"));
    m_play->setToolTip(m_cursor.playing() ? "Stop  (Space)" : "Play along the text  (Space)");
    m_play->setAccessibleName(m_play->toolTip());
    const QSignalBlocker quiet(m_speed);
    m_speed->setValue(m_cursor.speed());
}

}
