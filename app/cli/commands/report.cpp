// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope report TRACE... -o FILE: one file that says and shows all that the traces allow.
#include "app/cli/commands/load_figure_module.h"
#include "app/cli/commands/shared_options.h"
#include "app/cli/terminal/progress.h"
#include "io/base/standard_streams.h"
#include "io/base/text.h"

namespace expertscope {

namespace {

/// Traces and selection, for the commands that draw one chart alone.
std::string argumentsOf(const ReportOrder& order)
{
    std::string text;
    for (const std::string& trace : order.traces)
        addPart(text, shellWord(trace), " ");
    for (const std::string& where : order.where)
        text += " --where " + shellWord(where);
    if (!order.sites.empty())
        text += " --sites " + shellWord(order.sites);
    if (!order.layers.empty())
        text += " --layers " + shellWord(order.layers);
    if (order.skipFirst)
        text += " --skip-first " + std::to_string(order.skipFirst);
    if (!order.phase.empty())
        text += " --phase " + order.phase;
    if (order.sample)
        text += " --sample " + std::to_string(order.sample);
    return text;
}

int run(ReportOrder& order)
{
    const auto module = loadFigureModule();
    if (!module)
        return failed(module.error());
    if (const auto scope = checkSelection(order); !scope)
        return failed(scope.error(), 2);
    order.arguments = argumentsOf(order);
    const auto written = [&] {
        const TerminalProgress progress;
        order.progress = progress.callback();
        return (*module)->report(order);
    }();
    if (!written)
        return failed(written.error());
    const auto said = print(*written + '\n');
    return said ? 0 : failed(said.error());
}

Run declare(Arguments& arguments)
{
    const auto order = std::make_shared<ReportOrder>();
    arguments
        .option("trace", order->traces, "The trace; two are compared, several are checkpoints of one training, in order")
        .required();
    arguments.option("-o,--output", order->output, "NAME.html or NAME.pdf").required();
    addSelection(arguments, *order);
    arguments.option("--title", order->title, "Above it; default: the names of the traces");
    addStudy(arguments, *order);
    addForce(arguments, order->force);
    return [order] { return run(*order); };
}

}

Command reportCommand()
{
    return {"report", "Write one file that shows all a trace allows: what is remarkable, and every chart", declare};
}

}
