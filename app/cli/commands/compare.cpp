// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope compare A B: the same metrics of two traces.
#include "analysis/results/comparison.h"
#include "analysis/results/comparison_layout.h"
#include "analysis/results/latex_writer.h"
#include "analysis/study/trace_analysis.h"
#include "app/cli/commands/shared_options.h"
#include "app/cli/terminal/progress.h"
#include "app/cli/terminal/result_tables.h"
#include "app/cli/terminal/table.h"

#include <algorithm>
#include <sstream>

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
    ES_ASSIGN(const Results a, analyseTrace(study, 0, checked.question, progress));
    ES_ASSIGN(const Results b, analyseTrace(study, 1, checked.question, progress));
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

Expected<void> write(const Options& options, OutputFormat format, const Comparison& comparison,
    const CheckedRequest& checked, const Study& study)
{
    LayoutOptions layout;
    layout.everything = checked.named;
    std::ostringstream text;
    if (format == OutputFormat::Json) {
        writeComparisonJson(text, comparison);
    } else if (format == OutputFormat::Csv) {
        writeComparisonCsv(text, comparison);
    } else if (format == OutputFormat::Latex) {
        writeLayoutLatex(text, comparison.origin, layOut(comparison, layout));
    } else {
        const std::size_t width = terminalWidth();
        for (const std::size_t t : {0, 1})
            text << wrapped((t ? "B: " : "A: ") + headingOf(study, t, checked.question.scope), width, 2);
        if (checked.question.bootstrap)
            text << wrapped(std::string("Interval ") + kDifferenceInterval + ".", width, 2);
        text << '\n';
        writeTables(text, layOut(comparison, layout), width);
    }
    ES_TRY(writeOutput(options.output.output, text.str()));
    return checkComputed(comparison);
}

int run(const Options& options)
{
    const auto format = formatOf(options.output);
    if (!format)
        return failed(format.error(), 2);
    if (*format == OutputFormat::Hdf5)
        return failed({"comparisons are written as tables, JSON, CSV or LaTeX", "compare", {}}, 2);
    const auto checked = checkOptions(options.analysis, 2);
    if (!checked)
        return failed(checked.error(), 2);
    if (const auto writable = checkOutput(options.output.output); !writable)
        return failed(writable.error());
    const auto study = openStudy({options.a, options.b}, options.study);
    if (!study)
        return failed(study.error());
    const auto comparison = [&] {
        const TerminalProgress progress;
        return compare(**study, *checked, progress.callback());
    }();
    if (!comparison)
        return failed(comparison.error());
    const auto written = write(options, *format, *comparison, *checked, **study);
    return written ? 0 : failed(written.error());
}

Run declare(Arguments& arguments)
{
    const auto options = std::make_shared<Options>();
    arguments.option("A", options->a, "The first trace").required();
    arguments.option("B", options->b, "The second one; differences are B - A").required();
    addAnalysis(arguments, options->analysis, options->study);
    addOutput(arguments, options->output);
    return [options] { return run(*options); };
}

}

Command compareCommand()
{
    return {"compare", "The same metrics of two traces, side by side", declare};
}

}
