// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope figure CHART TRACE... -o FILE: the module that draws is loaded when a figure is asked for, and says which
// charts there are; Qt would cost every other command 60 shared libraries and 15 ms.
#include "app/cli/commands/shared_options.h"
#include "app/cli/commands/load_figure_module.h"
#include "app/cli/terminal/table.h"
#include "io/base/standard_streams.h"
#include "io/base/text.h"

namespace expertscope {

namespace {

std::string helpOf(const FigureKind::Option& option)
{
    std::string known = joined(option.choices);
    if (!option.standard.empty())
        addPart(known, "default: " + option.standard, "; ");
    return option.meaning + (known.empty() ? "" : " (" + known + ")");
}

/// How all figures look.
void declarePage(Arguments& arguments, const FigureModule& module, FigureRequest& request)
{
    arguments
        .option("--venue", request.venue,
            "Width, family and size of the text as a venue asks: " + joined(module.venues, ", ") + "; overridden by --width, …")
        .choices([&module] { return module.venues; });
    arguments.option("--span", request.span, "Of a --venue: column (default) or full");
    arguments.option("--width", request.width, "89mm, 3.5in, 252pt; default 89mm");
    arguments.option("--height", request.height, "Default: as high as the chart needs");
    arguments.option("--font", request.font, "Family; default Liberation Sans; built in: it and Liberation Serif");
    arguments.option("--font-size", request.fontSize, "Whole points; default 7");
    arguments.option("--dpi", request.dpi, "Of PNG, and of large images in PDF and SVG; default 600");
    arguments.flag("--outlines", request.outlines, "In SVG: text as outlines, for those without the font");
}

/// Last: how it is done.
void declareFiles(Arguments& arguments, FigureRequest& request)
{
    addStudy(arguments, request);
    addForce(arguments, request.force);
    arguments.flag("--alone", request.alone, "Do not write NAME.csv and NAME.json beside it");
    arguments.flag("--json", request.json, "Say as JSON what was written");
}

void declareFigure(Arguments& arguments, const FigureModule& module, const FigureKind& kind, FigureRequest& request)
{
    arguments.option("trace", request.traces, "The trace; default: the one the --spec names");
    arguments
        .option("-o,--output", request.outputs, "NAME.pdf, .svg, .png or .eps; named again: the same figure as that, too")
        .repeated()
        .required();
    arguments.option("--spec", request.spec, "Start from this figure spec; other options override it");
    declarePage(arguments, module, request);
    addSelection(arguments, request);
    for (const FigureKind::Option& option : kind.options)
        arguments.text(
            "--" + option.name,
            [&request, name = option.name](const std::string& value) { request.options[name] = value; },
            helpOf(option));
    arguments.option("--colour,--color", request.colour, "viridis, cividis, batlow, vik or berlin");
    arguments.option("--scale", request.scale, "linear or log2");
    arguments.option("--limits", request.limits, "LOW,HIGH: ends of the colour bar; default: from the data");
    arguments.option("--percentile", request.percentile,
        "Without --limits: so many percent of the cells lie between the ends; default: all, but for a few far outliers");
    arguments.option("--reducer", request.reducer, "max, mean or extreme, when cells outnumber pixels");
    arguments.option("--title", request.title, "Above the figure; default none");
    arguments.option("--x-label", request.xLabel, "Instead of the chart's own");
    arguments.option("--y-label", request.yLabel, "Instead of the chart's own");
    arguments.option("--value-label", request.valueLabel, "Beside the colour bar");
    declareFiles(arguments, request);
}

Command chartCommand(const FigureModule& module, const FigureKind& kind)
{
    return {kind.name, kind.title, [&module, &kind](Arguments& arguments) -> Run {
                const auto request = std::make_shared<FigureRequest>();
                request->chart = kind.name;
                declareFigure(arguments, module, kind, *request);
                if (!kind.definition.empty())
                    arguments.footer([&kind](std::size_t width) { return wrapped(kind.definition, width, 0); });
                return [&module, request] { return module.run(*request); };
            }};
}

int list(const FigureModule& module)
{
    const Page page = pageOf(false);
    std::string text;
    for (const FigureKind& kind : module.kinds)
        text += wrapped(page.emphasis.strong(kind.name) + "  " + kind.definition, page.width, 4);
    const auto written = showPage(page, text);
    return written ? 0 : failed(written.error());
}

Run declare(Arguments& arguments)
{
    if (!arguments.likely())
        return {};
    const auto module = loadFigureModule();
    if (!module) {
        arguments.takeAnything();
        return [error = module.error()] { return failed(error); };
    }
    const auto listed = std::make_shared<bool>(false);
    const auto all = std::make_shared<FigureRequest>();
    arguments.requireCommand(false);
    arguments.flag("--list", *listed, "Say what can be drawn");
    arguments.option("--all", all->folder, "Draw every chart that the traces allow into this folder").value("DIR");
    arguments.option("trace", all->traces, "With --all: the traces");
    arguments.option("--spec", all->specs, "With --all: the figures of these specs, instead; named again: another one").repeated();
    arguments.option("--format", all->formats, "With --all: pdf, svg, png, eps, or several of them with commas");
    declarePage(arguments, **module, *all);
    addSelection(arguments, *all);
    declareFiles(arguments, *all);
    for (const FigureKind& kind : (*module)->kinds)
        arguments.command(chartCommand(**module, kind));
    return [module = *module, listed, all] {
        if (*listed)
            return list(*module);
        if (!all->folder.empty()) {
            all->chart = module->kinds.front().name;
            return module->run(*all);
        }
        return failed({"what is to be drawn?", "figure", "`expertscope figure --list` says what there is"}, 2);
    };
}

}

Command figureCommand()
{
    return {"figure", "Draw figures of a trace: PDF, SVG, PNG or EPS, with their data and spec", declare};
}

}
