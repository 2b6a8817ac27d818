// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/compare_command.h"

#include "analysis/results/comparison.h"
#include "analysis/results/comparison_layout.h"
#include "analysis/results/latex_writer.h"
#include "app/cli/result_cache.h"
#include "app/cli/result_tables.h"
#include "app/cli/table.h"
#include "app/cli/trace_analysis.h"
#include "app/cli/trace_series.h"

#include <algorithm>
#include <sstream>

namespace expertscope {

namespace {

Expected<Comparison> compare(const std::vector<NamedTrace>& traces, const CheckedRequest& checked, bool noCache)
{
    const ResultCache cache = noCache ? ResultCache() : ResultCache::standard();
    ES_ASSIGN(const Results a, analyseTrace(traces[0], checked.request, cache));
    ES_ASSIGN(const Results b, analyseTrace(traces[1], checked.request, cache));
    Comparison comparison = compareResults(a, b);
    if (!checked.series.empty()) {
        AnalysisRequest request = checked.request;
        request.metrics = checked.series;
        ES_ASSIGN(comparison.both, seriesResults(traces, std::move(request), cache));
        // Other tokens, other sites: every metric says the same.
        const auto& rows = comparison.both.rows;
        const bool none = std::ranges::none_of(rows, [](const ResultRow& row) { return row.value.has_value(); });
        if (none && !rows.empty()) {
            comparison.notBoth = rows.front().undefined;
            comparison.both = {};
        }
    }
    comparison.origin = originOf(traces, checked, "compare");
    return comparison;
}

Expected<void> write(const CompareOptions& options, OutputFormat format, const Comparison& comparison,
    const CheckedRequest& checked, const std::vector<NamedTrace>& traces)
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
        for (const auto& [name, trace] : {std::pair("A: ", &traces[0]), std::pair("B: ", &traces[1])})
            text << wrapped(name + headingOf(*trace, checked.request.pass), width, 2);
        if (checked.request.bootstrap)
            text << wrapped(std::string("Interval ") + kDifferenceInterval + ".", width, 2);
        text << '\n';
        writeTables(text, layOut(comparison, layout), width);
    }
    return writeOutput(options.output.output, text.str());
}

}

int runCompare(const CompareOptions& options)
{
    const auto format = formatOf(options.output);
    if (!format)
        return failed(format.error(), 2);
    if (*format == OutputFormat::Hdf5)
        return failed({"comparisons are written as tables, JSON, CSV or LaTeX", "compare", {}}, 2);
    auto checked = checkOptions(options.analysis, 2);
    if (!checked)
        return failed(checked.error(), 2);
    if (const auto writable = checkOutput(options.output.output); !writable)
        return failed(writable.error());
    const auto traces = openTraces({options.a, options.b});
    if (!traces)
        return failed(traces.error());
    auto comparison = [&] {
        const TerminalProgress progress;
        checked->request.pass.progress = progress.callback();
        return compare(*traces, *checked, options.analysis.noCache);
    }();
    if (!comparison)
        return failed(comparison.error());
    const auto written = write(options, *format, *comparison, *checked, *traces);
    return written ? 0 : failed(written.error());
}

}
