// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/session/chart_state.h"

#include <QPointer>
#include <QUndoCommand>
#include <QUndoStack>

namespace expertscope {

namespace {

std::vector<ParameterSpec> parametersOf(const ChartSpec& chart)
{
    return {chart.options.begin(), chart.options.end()};
}

}

class ChartState::Change final : public QUndoCommand
{
public:
    Change(ChartState* state, Parameters options, Look look, const QString& text)
        : QUndoCommand(text)
        , m_state(state)
        , m_before{state->m_options, state->m_look}
        , m_after{std::move(options), std::move(look)}
    {
    }
    void undo() override { set(m_before); }
    void redo() override { set(m_after); }

private:
    struct Values
    {
        Parameters options;
        Look look;
    };
    void set(const Values& values)
    {
        if (!m_state)
            return setObsolete(true); // its view was closed
        m_state->m_options = values.options;
        m_state->m_look = values.look;
        emit m_state->changed();
    }
    QPointer<ChartState> m_state;
    Values m_before, m_after;
};

ChartState::ChartState(const ChartSpec& chart, QUndoStack& undo, QObject* parent)
    : QObject(parent)
    , m_chart(chart)
    , m_undo(undo)
    , m_options(Parameters::check(parametersOf(chart), {}).value())
{
}

Expected<void> ChartState::setOption(const std::string& name, const std::string& value)
{
    if (const auto old = m_options.all().find(name); old != m_options.all().end() && old->second == value)
        return {};
    std::string title = name;
    for (const ChartOption& option : m_chart.options) {
        if (option.name == name && !option.title.isEmpty())
            title = option.title.toStdString();
    }
    ES_ASSIGN(Parameters options, with(name, value));
    push(std::move(options), m_look, QString::fromStdString(title).toLower() + " " + QString::fromStdString(value));
    return {};
}

Expected<void> ChartState::follow(const std::string& name, const std::string& value)
{
    ES_ASSIGN(Parameters options, with(name, value));
    if (options.all() == m_options.all())
        return {};
    m_options = std::move(options);
    emit changed();
    return {};
}

Expected<Parameters> ChartState::with(const std::string& name, const std::string& value) const
{
    std::map<std::string, std::string> values = m_options.all();
    values[name] = value;
    return Parameters::check(parametersOf(m_chart), values);
}

void ChartState::setLook(const Look& look)
{
    if (!(look == m_look))
        push(m_options, look, QStringLiteral("colours"));
}

Expected<void> ChartState::restore(const std::map<std::string, std::string>& options, const Look& look)
{
    ES_ASSIGN(Parameters checked, checkOptions(m_chart, options));
    m_options = std::move(checked);
    m_look = look;
    emit changed();
    return {};
}

std::map<std::string, std::string> ChartState::chosen() const
{
    std::map<std::string, std::string> chosen = m_options.all();
    for (const ChartOption& option : m_chart.options) {
        if (chosen[option.name] == option.standard)
            chosen.erase(option.name);
    }
    return chosen;
}

void ChartState::push(Parameters options, Look look, const QString& text)
{
    m_undo.push(new Change(this, std::move(options), std::move(look), text)); // which does it
}

}
