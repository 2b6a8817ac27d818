// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/panels/chart_command.h"

#include "analysis/study/expert_sets.h"
#include "analysis/study/request_text.h"
#include "io/base/text.h"
#include "views/charts/chart.h"
#include "views/charts/wording.h"
#include "views/panels/chart_figure.h"
#include "views/widgets/chart_view.h"

namespace expertscope {

namespace {

class CommandLine
{
public:
    void add(const std::string& word) { addPart(m_text, shellWord(word), " "); }
    void option(const std::string& name, const std::string& value)
    {
        add("--" + name);
        add(value);
    }
    QString text() const { return QString::fromStdString(m_text); }

private:
    std::string m_text;
};

void addScope(CommandLine& words, const Scope& scope, const RoutingShape& shape, QStringList& unsaid)
{
    for (const LabelFilter& filter : scope.where)
        words.option("where", conditionText(filter, true));
    for (const LabelFilter& filter : scope.without)
        words.option("where", conditionText(filter, false));
    for (const std::string& experts : expertTexts(scope.chose, scope.choseAny))
        words.option("chose", experts);
    for (const std::string& experts : expertTexts(scope.spared, scope.sparedAny))
        words.option("spared", experts);
    if (!scope.sites.empty())
        words.option("sites", sitesText(scope.sites));
    if (!scope.layers.empty()) {
        std::string list;
        for (const std::uint16_t layer : scope.layers)
            addPart(list, std::to_string(layer), ",");
        words.option("layers", list);
    }
    if (scope.skipFirst > 0)
        words.option("skip-first", std::to_string(scope.skipFirst));
    // What only filters of the window can say, in the words of titles.
    Scope rest;
    rest.tokens = scope.tokens;
    if (!rest.everything())
        unsaid << QString::fromStdString(describeTokens(rest, shape));
    if (scope.phase != Phase::All)
        words.option("phase", phaseText(scope.phase));
    if (scope.sample > 0)
        words.option("sample", std::to_string(scope.sample));
}

void addLook(CommandLine& words, const Look& look)
{
    if (!look.colours.isEmpty())
        words.option("colour", look.colours.toStdString());
    if (look.scale)
        words.option("scale", *look.scale == ScaleKind::Log2 ? "log2" : "linear");
    if (look.limits) {
        const auto number = [](double value) { return QString::number(value, 'g', 17).toStdString(); };
        // Joined, or a negative limit would look like an option.
        words.add("--limits=" + number(look.limits->first) + ',' + number(look.limits->second));
    }
    if (look.percentile)
        words.option("percentile", QString::number(*look.percentile, 'g', 17).toStdString());
    if (look.reducer)
        words.option("reducer", reducerName(*look.reducer));
}

}

ChartCommand commandOf(const FigureSpec& spec, const RoutingShape& shape)
{
    ChartCommand command;
    CommandLine words;
    words.add("expertscope");
    words.add("figure");
    words.add(spec.chart);
    for (const TraceRef& trace : spec.traces)
        words.add(trace.path.toStdString());
    addScope(words, spec.scope, shape, command.unsaid);
    const auto chart = findChart(spec.chart);
    if (chart) {
        for (const ChartOption& option : (*chart)->options) {
            const auto given = spec.options.find(option.name);
            if (given != spec.options.end() && given->second != option.standard)
                words.add("--" + option.name + '=' + given->second);
        }
    }
    addLook(words, spec.look);
    words.add("-o");
    words.add(spec.chart + ".pdf");
    command.text = words.text();
    return command;
}

ChartCommand commandOf(const ChartView& view, const Study& study)
{
    FigureSpec spec = figureSpecOf(view, study);
    spec.look = view.state().look(); // what is left open the command leaves open, too
    return commandOf(spec, study.shape(view.shownQuestion().trace));
}

}
