// SPDX-License-Identifier: GPL-3.0-or-later
//
// What was done to what is shown (filters, options, colours) and where was looked (pins, zoom), in one list. Each kind
// has its own way back: undo never moves what is looked at, back never changes what is shown.
#pragma once

#include <QObject>
#include <QString>

#include <cstdint>
#include <vector>

class QUndoCommand;
class QUndoStack;

namespace expertscope {

struct HistoryStep
{
    QString text;
    bool look = false; ///< where was looked; else what is shown
    bool done = true; ///< else it was taken back, and can be done again
    int number = 0; ///< in its own stack, from 0
};

class History final : public QObject
{
    Q_OBJECT
public:
    /// Both must outlive it.
    History(QUndoStack& changes, QUndoStack& looks, QObject* parent = nullptr);

    /// Oldest first, as they were done.
    std::vector<HistoryStep> steps() const;
    /// Takes back or does again what lies between; the step itself is done then. Steps of the other kind stay.
    void goTo(const HistoryStep& step);

signals:
    void changed();

private:
    struct Known
    {
        const QUndoCommand* command;
        std::uint64_t serial; ///< when it was done, among those of both stacks
    };
    struct Kind
    {
        QUndoStack* stack;
        std::vector<Known> known;
    };
    void update(Kind& kind);

    Kind m_kinds[2]; ///< changes, looks
    std::uint64_t m_serial = 0;
};

}
