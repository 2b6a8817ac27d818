// SPDX-License-Identifier: GPL-3.0-or-later
//
// One side of a window: which trace of the study, and which of its tokens.
#pragma once

#include "analysis/study/sides.h"
#include "views/session/filter_stack.h"

#include <QObject>

#include <memory>

namespace expertscope {

using StudyPtr = std::shared_ptr<const Study>;

/// Choosing and filtering are steps of the undo stack.
class SideState final : public QObject
{
    Q_OBJECT
public:
    explicit SideState(QUndoStack& undo, QObject* parent = nullptr);

    FilterStack& filters() { return m_filters; }
    const FilterStack& filters() const { return m_filters; }
    std::size_t trace() const { return m_trace; } ///< of the study
    Side side() const { return {m_trace, m_filters.scope()}; }

    /// Something is chosen of it: its trace, or which tokens. Without, a second side is none.
    bool chosen() const { return m_chosen || !m_filters.steps().empty(); }

    /// Another trace of the study; filters that it cannot answer go. Does nothing without a study.
    void choose(std::size_t trace);
    /// Trace and filters of the other one, and the other way round.
    void swapWith(SideState& other);
    /// The trace and no filters of its own; not chosen any more.
    void clear(std::size_t trace);

    /// Another study, without a step to undo: the trace it is of now, and the filters that still make sense. null: none.
    void setStudy(StudyPtr study, std::size_t trace, bool chosen);

signals:
    /// Another trace or other tokens. filters().changed() comes too.
    void changed();

private:
    class Change;
    struct Values
    {
        std::size_t trace = 0;
        bool chosen = false;
        std::vector<FilterStep> steps = {};
    };
    Values values() const { return {m_trace, m_chosen, m_filters.steps()}; }
    void push(Values after, const QString& text);
    void set(const Values& values);
    std::shared_ptr<const RoutingShape> shapeOf(std::size_t trace) const;

    QUndoStack& m_undo;
    StudyPtr m_study;
    std::size_t m_trace = 0;
    bool m_chosen = false;
    FilterStack m_filters;
};

}
