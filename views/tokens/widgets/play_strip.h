// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/tokens/widgets/total_bars.h"

class QSpinBox;
class QToolButton;

namespace expertscope {

class ElidedLabel;

/// Playing along the text: start and stop, steps, speed; below it the growing total.
class PlayStrip final : public QWidget
{
    Q_OBJECT
public:
    explicit PlayStrip(Session& session, QWidget* parent = nullptr);

    TotalBars* bars() const { return m_bars; }
    /// Buttons and speed: wide views put them into another row, to have one more line of text.
    QWidget* controls() const { return m_controls; }
    void takeControls(); ///< back into its own row

private:
    void read();

    TokenCursor& m_cursor;
    QWidget* m_controls = nullptr;
    class QHBoxLayout* m_row = nullptr;
    QToolButton* m_play = nullptr;
    QSpinBox* m_speed = nullptr;
    ElidedLabel* m_words = nullptr;
    TotalBars* m_bars = nullptr;
};

}
