// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QLabel>

namespace expertscope {

/// One line of text that never widens its window: what does not fit ends with an ellipsis, and the tool tip tells all.
class ElidedLabel final : public QLabel
{
    Q_OBJECT
public:
    explicit ElidedLabel(QWidget* parent = nullptr);

    void setText(const QString& text);
    /// All of it, however little is shown.
    QString text() const { return m_text; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void elide();
    QString m_text;
};

/// Says less loudly what a label says: its text is beside the point for now.
void setFaint(QLabel& label, bool faint);

}
