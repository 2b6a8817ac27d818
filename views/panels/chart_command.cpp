// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/panels/chart_command.h"

#include "views/charts/chart.h"
#include "views/charts/command_words.h"
#include "views/panels/chart_figure.h"
#include "views/widgets/chart_view.h"

namespace expertscope {

namespace {

void addLook(CommandWords& words, const Look& look)
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
    CommandWords words;
    words.add("expertscope");
    words.add("figure");
    words.add(spec.chart);
    for (const TraceRef& trace : spec.traces)
        words.add(trace.path.toStdString());
    words.scope(spec.scope, shape, command.unsaid);
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
    command.text = QString::fromStdString(words.text());
    return command;
}

ChartCommand commandOf(const ChartView& view, const Study& study)
{
    FigureSpec spec = figureSpecOf(view, study);
    spec.look = view.state().look(); // what is left open the command leaves open, too
    return commandOf(spec, study.shape(view.shownQuestion().trace));
}

}
