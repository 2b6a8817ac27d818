// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/tokens/data/token_quantity.h"

#include <QWidget>

namespace expertscope {

/// One line that says what the colours of the text mean: a patch a name, or a bar with its ends; and what is to be
/// known beside that. What does not fit is in the tool tip.
class ColourKeyLine final : public QWidget
{
    Q_OBJECT
public:
    explicit ColourKeyLine(QWidget* parent = nullptr);

    void setColours(const TokenColours& colours);
    /// All of it as text: for those who do not see it, and for tests.
    QString text() const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    TokenColours m_colours;
};

}
