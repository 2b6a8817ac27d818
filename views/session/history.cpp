// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/session/history.h"

#include <QUndoStack>

#include <algorithm>

namespace expertscope {

History::History(QUndoStack& changes, QUndoStack& looks, QObject* parent)
    : QObject(parent)
    , m_kinds{{&changes, {}}, {&looks, {}}}
{
    for (Kind& kind : m_kinds)
        connect(kind.stack, &QUndoStack::indexChanged, this, [this, &kind] { update(kind); });
}

void History::update(Kind& kind)
{
    // A new step is allocated before those it replaces are freed: the same address is the same step.
    std::size_t same = 0;
    const auto count = std::size_t(kind.stack->count());
    while (same < count && same < kind.known.size() && kind.known[same].command == kind.stack->command(int(same)))
        ++same;
    kind.known.resize(same);
    for (std::size_t i = same; i < count; ++i)
        kind.known.push_back({kind.stack->command(int(i)), ++m_serial});
    emit changed();
}

std::vector<HistoryStep> History::steps() const
{
    std::vector<std::pair<std::uint64_t, HistoryStep>> all;
    for (const Kind& kind : m_kinds) {
        for (std::size_t i = 0; i < kind.known.size(); ++i) {
            const int number = int(i);
            all.push_back({kind.known[i].serial,
                {kind.stack->text(number), &kind == &m_kinds[1], number < kind.stack->index(), number}});
        }
    }
    std::ranges::sort(all, {}, [](const auto& step) { return step.first; });
    std::vector<HistoryStep> steps;
    for (auto& [serial, step] : all)
        steps.push_back(std::move(step));
    return steps;
}

void History::goTo(const HistoryStep& step)
{
    m_kinds[step.look].stack->setIndex(step.number + 1);
}

}
