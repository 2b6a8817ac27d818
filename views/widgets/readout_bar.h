// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFrame>

namespace expertscope {

class ElidedLabel;

/// The line at the bottom: what the cursor is on, and beside it what a picture does not say by itself.
class ReadoutBar final : public QFrame
{
    Q_OBJECT
public:
    explicit ReadoutBar(QWidget* parent = nullptr);

    /// Empty: says how to get one.
    void setReadout(const QString& text);
    void setNote(const QString& text);
    /// For a few seconds instead of the note: what just happened.
    void say(const QString& text);

private:
    ElidedLabel *m_readout = nullptr, *m_note = nullptr;
    QString m_noteText;
    class QTimer* m_said = nullptr;
};

}
