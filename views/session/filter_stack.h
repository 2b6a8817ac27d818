// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which tokens are looked at: steps of keeping and dropping, one after the other, each undone by itself.
#pragma once

#include "analysis/study/scope.h"
#include "views/charts/subject.h"

#include <QObject>
#include <QString>

#include <memory>
#include <optional>
#include <variant>
#include <vector>

class QUndoStack;

namespace expertscope {

/// One step: tokens of sequences with a label value, tokens that chose an expert or one of a set, a range of tokens, tokens of a
/// recorded value (which is dropped by keeping the other ones).
struct FilterStep
{
    std::variant<LabelFilter, ExpertAt, TokenRange, ExpertSet, ValueCondition> what;
    bool keep = true; ///< else those are dropped; a range and a value can only be kept

    bool operator==(const FilterStep&) const = default;
};

/// Words for a chip: "language=de", "language!=de", as --where has them; "not layer 5 · expert 27", "any of german (12 experts)",
/// "tokens 100 – 199", "entropy ≥ 2.5 at layer 5".
QString filterText(const FilterStep& step, const RoutingShape& shape);

/// The step that keeps or drops what a subject names: the tokens that chose an expert, or of a label value; of a
/// sequence or a token only keeping. None: it names nothing that tokens can be chosen by.
std::optional<FilterStep> filterOf(const Subject& subject, bool keep, const RoutingShape& shape);

/// What a step asks for is in a trace.
bool fits(const FilterStep& step, const RoutingShape& shape);

class FilterStack final : public QObject
{
    Q_OBJECT
public:
    explicit FilterStack(QUndoStack& undo, QObject* parent = nullptr);

    const std::vector<FilterStep>& steps() const { return m_steps; }
    /// All steps together.
    Scope scope() const;

    /// Adds a step of its own to the undo stack. It takes the place of one that it contradicts: of another value of the
    /// same label that is kept, of its own opposite, of another range. A step that is there already changes nothing.
    void add(const FilterStep& step);
    /// add(filterOf(subject)); nothing where that is none.
    void keep(const Subject& subject) { addOf(subject, true); }
    void drop(const Subject& subject) { addOf(subject, false); }
    void pop();
    void remove(std::size_t at);
    void clear();
    /// All at once, as one step to undo.
    void replace(std::vector<FilterStep> steps, const QString& text);

    /// Another trace: filters that it cannot answer go, without a step to undo. null: no trace.
    void setShape(std::shared_ptr<const RoutingShape> shape);
    /// Of another trace, those of `steps` that it can answer, without a step to undo.
    void reset(std::shared_ptr<const RoutingShape> shape, const std::vector<FilterStep>& steps);
    const RoutingShape* shape() const { return m_shape.get(); }

signals:
    void changed();

private:
    class Change;
    void addOf(const Subject& subject, bool keep);
    void push(std::vector<FilterStep> steps, const QString& text);
    void set(const std::vector<FilterStep>& steps);

    QUndoStack& m_undo;
    std::shared_ptr<const RoutingShape> m_shape;
    std::vector<FilterStep> m_steps;
};

}
