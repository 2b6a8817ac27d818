// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/session/side_state.h"

#include <QPointer>
#include <QUndoCommand>
#include <QUndoStack>

#include <algorithm>

namespace expertscope {

class SideState::Change final : public QUndoCommand
{
public:
    Change(SideState* side, Values after, const QString& text)
        : QUndoCommand(text)
        , m_side(side)
        , m_before(side->values())
        , m_after(std::move(after))
    {
    }
    void undo() override { set(m_before); }
    void redo() override { set(m_after); }

private:
    void set(const Values& values)
    {
        if (m_side)
            m_side->set(values);
        else
            setObsolete(true);
    }
    QPointer<SideState> m_side;
    Values m_before, m_after;
};

SideState::SideState(QUndoStack& undo, QObject* parent)
    : QObject(parent)
    , m_undo(undo)
    , m_filters(undo)
{
    connect(&m_filters, &FilterStack::changed, this, &SideState::changed);
}

std::shared_ptr<const RoutingShape> SideState::shapeOf(std::size_t trace) const
{
    return m_study ? std::shared_ptr<const RoutingShape>(m_study, &m_study->shape(trace)) : nullptr;
}

void SideState::choose(std::size_t trace)
{
    if (!m_study || trace >= m_study->traces().size() || (trace == m_trace && m_chosen))
        return;
    push({trace, true, m_filters.steps()}, QString::fromStdString("looking at " + m_study->traces()[trace].name));
}

void SideState::swapWith(SideState& other)
{
    const Values own = values(), its = other.values();
    m_undo.beginMacro("swapping A and B");
    push({its.trace, true, its.steps}, {});
    other.push({own.trace, true, own.steps}, {});
    m_undo.endMacro();
}

void SideState::clear(std::size_t trace)
{
    if (m_study && (chosen() || trace != m_trace))
        push({trace, false, {}}, QStringLiteral("closing B"));
}

void SideState::push(Values after, const QString& text)
{
    m_undo.push(new Change(this, std::move(after), text)); // which does it
}

void SideState::set(const Values& values)
{
    // Of a study that has fewer traces than then.
    m_trace = m_study ? std::min(values.trace, m_study->traces().size() - 1) : 0;
    m_chosen = values.chosen;
    m_filters.reset(shapeOf(m_trace), values.steps);
}

void SideState::setStudy(StudyPtr study, std::size_t trace, bool chosen)
{
    m_study = std::move(study);
    set({trace, chosen, m_study ? m_filters.steps() : std::vector<FilterStep>()});
}

}
