// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope compare A B: the same metrics of two traces.
#include "analysis/results/comparison.h"
#include "analysis/results/comparison_layout.h"
#include "analysis/results/latex_writer.h"
#include "analysis/study/trace_analysis.h"
#include "app/cli/commands/shared_options.h"
#include "app/cli/reading/remark_text.h"
#include "app/cli/terminal/progress.h"
#include "app/cli/terminal/result_tables.h"
#include "app/cli/terminal/table.h"
#include "io/base/grouped.h"
#include "io/base/standard_streams.h"
#include "io/base/text.h"

#include <algorithm>
#include <ostream>

namespace expertscope {

using namespace results;

namespace {

struct Options
{
    std::filesystem::path a, b;
    AnalysisOptions analysis;
    StudyOptions study;
    OutputOptions output;
};

Expected<Comparison> compare(const Study& study, const CheckedRequest& checked, const Progress& progress)
{
    ES_ASSIGN(const Results a, analyseTrace(study, 0, checked.question, progress, checked.exact));
    ES_ASSIGN(const Results b, analyseTrace(study, 1, checked.question, progress, checked.exact));
    Comparison comparison = compareResults(a, b);
    if (!checked.series.empty()) {
        ES_ASSIGN(comparison.both, analyseSeries(study, checked, progress));
        // Other tokens, other sites: every metric says the same.
        const auto& rows = comparison.both.rows;
        const bool none = std::ranges::none_of(rows, [](const ResultRow& row) { return row.value.has_value(); });
        if (none && !rows.empty()) {
            comparison.notBoth = rows.front().undefined;
            comparison.both = {};
        }
    }
    comparison.origin = originOf(study, checked, "compare");
    return comparison;
}

std::string sameText(const Comparison& comparison, const Options& options)
{
    return printable(options.a.string()) + " and " + printable(options.b.string()) + " do not differ: all "
        + grouped(comparison.rows.size()) + " numbers are the same.";
}

/// The layers of the sites where both traces have the same.
std::vector<std::uint16_t> layersOfBoth(const Study& study)
{
    const auto layers = layersOf(study.shape(0));
    return layers == layersOf(study.shape(1)) ? layers : std::vector<std::uint16_t>();
}

void write(std::ostream& text, const ResultOutput& output, const Options& options, const Comparison& comparison,
    const CheckedRequest& checked, const Study& study)
{
    LayoutOptions layout;
    layout.everything = checked.named || output.full;
    layout.definitionOf = metricDefinition;
    if (output.format == OutputFormat::Json) {
        writeComparisonJson(text, comparison);
    } else if (output.format == OutputFormat::Csv) {
        writeComparisonCsv(text, comparison);
    } else if (output.format == OutputFormat::Latex) {
        writeLayoutLatex(text, comparison.origin, layOut(comparison, layout));
    } else {
        const Page page = pageOf(output);
        if (sameNumbers(comparison)) {
            text << wrapped(sameText(comparison, options), page.width, 2);
            return;
        }
        for (const std::size_t t : {0, 1})
            text << wrapped((t ? "B: " : "A: ") + headingOf(study, t, checked.question.scope), page.width, 2);
        if (checked.question.bootstrap)
            text << wrapped(std::string("Interval ").append(kDifferenceInterval).append("."), page.width, 2);
        text << '\n';
        if (const std::string remarks = remarkText(comparison, layersOfBoth(study), page); !remarks.empty())
            text << remarks << '\n';
        writeTables(text, layOut(comparison, layout), page);
    }
}

int run(const Options& options)
{
    const auto output = resultOutput(options.output, {options.a, options.b});
    if (!output)
        return failed(output.error(), 2);
    if (output->format == OutputFormat::Hdf5)
        return failed({"comparisons are written as tables, JSON, CSV or LaTeX", "compare", {}}, 2);
    const auto checked = checkOptions(options.analysis, 2);
    if (!checked)
        return failed(checked.error(), 2);
    if (const auto writable = checkOutput(output->output); !writable)
        return failed(writable.error());
    const auto study = openStudy({options.a, options.b}, options.study);
    if (!study)
        return failed(study.error());
    if (const auto told = tellCosts(**study, *checked); !told)
        return failed(told.error());
    const auto comparison = [&] {
        const TerminalProgress progress;
        return compare(**study, *checked, progress.callback());
    }();
    if (!comparison)
        return failed(comparison.error());
    const std::string text
        = textOf([&](std::ostream& out) { write(out, *output, options, *comparison, *checked, **study); });
    const auto written = output->format == OutputFormat::Tables ? writeTableText(*output, text)
                                                                : writeOutput(output->output, text);
    if (!written)
        return failed(written.error());
    const auto computed = checkComputed(*comparison);
    return computed ? 0 : failed(computed.error());
}

Run declare(Arguments& arguments)
{
    const auto options = std::make_shared<Options>();
    arguments.option("A", options->a, "The first trace").required();
    arguments.option("B", options->b, "The second one; differences are B - A").required();
    addAnalysis(arguments, options->analysis, options->study);
    addOutput(arguments, options->output);
    addFull(arguments, options->output);
    return [options] { return run(*options); };
}

}

Command compareCommand()
{
    return {"compare", "The same metrics of two traces, side by side", declare};
}

}
