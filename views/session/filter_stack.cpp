// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/session/filter_stack.h"

#include "analysis/study/condition.h"
#include "views/charts/wording.h"

#include <QPointer>
#include <QUndoCommand>
#include <QUndoStack>

#include <algorithm>

namespace expertscope {

namespace {

/// With the new step the old one would leave nothing, or say nothing.
bool replaces(const FilterStep& newer, const FilterStep& older)
{
    if (newer.what.index() != older.what.index())
        return false;
    if (std::holds_alternative<TokenRange>(newer.what))
        return true;
    if (newer.what == older.what)
        return true;
    if (const auto* value = std::get_if<ValueCondition>(&newer.what)) { // another bound, on the same side
        ValueCondition other = std::get<ValueCondition>(older.what);
        other.bound.bound = value->bound.bound;
        return other == *value;
    }
    const auto *a = std::get_if<LabelFilter>(&newer.what), *b = std::get_if<LabelFilter>(&older.what);
    return a && a->label == b->label && newer.keep && older.keep;
}

/// "entropy ≥ 2.5 at layer 5": as a chip has it.
QString valueText(const ValueCondition& condition, const RoutingShape& shape)
{
    QString said = QString(specOf(condition.bound.value).name) + (condition.bound.atLeast ? " ≥ " : " < ")
        + QString::fromStdString(boundText(condition.bound));
    if (condition.layer)
        said += QString(" at layer %1").arg(*condition.layer);
    else if (condition.site)
        said += " at " + siteText(shape, *condition.site).toLower();
    return said;
}

}

QString filterText(const FilterStep& step, const RoutingShape& shape)
{
    const QString no = step.keep ? QString() : QStringLiteral("not ");
    if (const auto* label = std::get_if<LabelFilter>(&step.what))
        return QString::fromStdString(conditionText(*label, step.keep));
    if (const auto* at = std::get_if<ExpertAt>(&step.what))
        return no + siteText(shape, at->site).toLower() + QString(" · expert %1").arg(at->expert.value);
    if (const auto* set = std::get_if<ExpertSet>(&step.what)) {
        const std::size_t size = set->experts.size() + set->ofLayers.size();
        return no + QStringLiteral("any of ") + (set->name.empty() ? QString() : QString::fromStdString(set->name) + " (")
            + QString("%1 %2").arg(size).arg(size == 1 ? "expert" : "experts") + (set->name.empty() ? "" : ")");
    }
    if (const auto* value = std::get_if<ValueCondition>(&step.what))
        return valueText(*value, shape);
    const TokenRange range = std::get<TokenRange>(step.what);
    return range.size() == 1
        ? QString("token %1").arg(range.begin.value)
        : QString("tokens %1 – %2").arg(range.begin.value).arg(std::max(range.end.value, range.begin.value + 1) - 1);
}

std::optional<FilterStep> filterOf(const Subject& subject, bool keep, const RoutingShape& shape)
{
    std::optional<FilterStep> step;
    if (subject.site && subject.expert)
        step = {ExpertAt{*subject.site, *subject.expert}, keep};
    else if (subject.label)
        step = {*subject.label, keep};
    else if (subject.token && keep)
        step = {TokenRange{*subject.token, TokenIndex(subject.token->value + 1)}, true};
    else if (subject.sequence && keep && std::size_t(*subject.sequence) < shape.sequences.size()) {
        const Sequence& sequence = shape.sequences[std::size_t(*subject.sequence)];
        step = {TokenRange{sequence.begin, TokenIndex(sequence.begin.value + sequence.length)}, true};
    }
    return step && fits(*step, shape) ? step : std::nullopt;
}

bool fits(const FilterStep& step, const RoutingShape& shape)
{
    if (const auto* filter = std::get_if<LabelFilter>(&step.what)) {
        const Label* label = shape.label(filter->label);
        const auto there = [&](const std::string& value) {
            return std::ranges::find(label->values, value) != label->values.end();
        };
        return label && there(filter->value) && std::ranges::all_of(filter->alternatives, there);
    }
    if (const auto* at = std::get_if<ExpertAt>(&step.what))
        return std::size_t(at->site) < shape.sites.size()
            && at->expert.value < shape.sites[std::size_t(at->site)].numExperts;
    if (const auto* set = std::get_if<ExpertSet>(&step.what)) {
        const auto experts = expertsOf(*set, shape);
        return experts && !experts->empty();
    }
    if (const auto* value = std::get_if<ValueCondition>(&step.what))
        return records(shape.columns, value->bound.value) && sitesOf(*value, shape);
    const TokenRange range = std::get<TokenRange>(step.what);
    return range.begin < range.end && range.end.value <= shape.numTokens;
}

/// What a step of the undo stack remembers: all filters before and after.
class FilterStack::Change final : public QUndoCommand
{
public:
    Change(FilterStack* stack, std::vector<FilterStep> after, const QString& text)
        : QUndoCommand(text)
        , m_stack(stack)
        , m_before(stack->m_steps)
        , m_after(std::move(after))
    {
    }
    void undo() override { set(m_before); }
    void redo() override { set(m_after); }

private:
    void set(const std::vector<FilterStep>& steps)
    {
        if (m_stack)
            m_stack->set(steps);
    }
    QPointer<FilterStack> m_stack;
    std::vector<FilterStep> m_before, m_after;
};

FilterStack::FilterStack(QUndoStack& undo, QObject* parent)
    : QObject(parent)
    , m_undo(undo)
{
}

Scope FilterStack::scope() const
{
    Scope scope;
    for (const FilterStep& step : m_steps) {
        if (const auto* label = std::get_if<LabelFilter>(&step.what))
            (step.keep ? scope.where : scope.without).push_back(*label);
        else if (const auto* at = std::get_if<ExpertAt>(&step.what))
            (step.keep ? scope.chose : scope.spared).push_back(*at);
        else if (const auto* set = std::get_if<ExpertSet>(&step.what))
            (step.keep ? scope.choseAny : scope.sparedAny).push_back(*set);
        else if (const auto* value = std::get_if<ValueCondition>(&step.what))
            scope.values.push_back(*value);
        else
            scope.tokens = std::get<TokenRange>(step.what);
    }
    return scope;
}

void FilterStack::addOf(const Subject& subject, bool keep)
{
    if (!m_shape)
        return;
    if (const auto step = filterOf(subject, keep, *m_shape))
        add(*step);
}

void FilterStack::add(const FilterStep& step)
{
    if (!m_shape || std::ranges::find(m_steps, step) != m_steps.end())
        return;
    std::vector<FilterStep> steps = m_steps;
    std::erase_if(steps, [&](const FilterStep& older) { return replaces(step, older); });
    steps.push_back(step);
    push(std::move(steps), "filter " + filterText(step, *m_shape));
}

void FilterStack::pop()
{
    if (!m_steps.empty())
        remove(m_steps.size() - 1);
}

void FilterStack::remove(std::size_t at)
{
    if (at >= m_steps.size())
        return;
    std::vector<FilterStep> steps = m_steps;
    steps.erase(steps.begin() + std::ptrdiff_t(at));
    push(std::move(steps), "taking out " + filterText(m_steps[at], *m_shape));
}

void FilterStack::clear()
{
    if (!m_steps.empty())
        push({}, QStringLiteral("taking out all filters"));
}

void FilterStack::replace(std::vector<FilterStep> steps, const QString& text)
{
    if (steps != m_steps)
        push(std::move(steps), text);
}

void FilterStack::push(std::vector<FilterStep> steps, const QString& text)
{
    m_undo.push(new Change(this, std::move(steps), text)); // which does it
}

void FilterStack::set(const std::vector<FilterStep>& steps)
{
    m_steps = steps;
    if (m_shape) // of a trace that was read again, and has less than before
        std::erase_if(m_steps, [this](const FilterStep& step) { return !fits(step, *m_shape); });
    emit changed();
}

void FilterStack::reset(std::shared_ptr<const RoutingShape> shape, const std::vector<FilterStep>& steps)
{
    m_shape = std::move(shape);
    set(m_shape ? steps : std::vector<FilterStep>());
}

void FilterStack::setShape(std::shared_ptr<const RoutingShape> shape)
{
    reset(std::move(shape), std::vector(m_steps));
}

}
