// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope compare A B: the same metrics of two traces; compare A --against CONDITION: of two parts of one.
#include "analysis/results/comparison.h"
#include "analysis/results/comparison_layout.h"
#include "analysis/results/latex_writer.h"
#include "analysis/study/sides.h"
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
    std::filesystem::path a, b; ///< b: empty, the same trace
    std::vector<std::string> against;
    AnalysisOptions analysis;
    StudyOptions study;
    OutputOptions output;
};

struct Sides
{
    Side a, b;
};

/// Other tokens too, or another trace alone.
bool otherTokens(const Options& options)
{
    return !options.against.empty();
}

std::vector<std::filesystem::path> pathsOf(const Options& options)
{
    return options.b.empty() ? std::vector{options.a} : std::vector{options.a, options.b};
}

/// Errors are wrong uses.
Expected<Sides> sidesOf(const Options& options, const Scope& scope)
{
    Sides sides{{0, scope}, {options.b.empty() ? 0u : 1u, scope}};
    if (options.b.empty() && options.against.empty())
        return fail("with what?", "compare " + options.a.string(),
            "name a second trace, or other tokens of this one: --against language=fr");
    auto other = scopeAgainst(scope, options.against);
    if (!other) {
        Error error = other.error();
        error.where = "--against";
        return tl::unexpected(std::move(error));
    }
    sides.b.scope = std::move(*other);
    if (sides.a.trace == sides.b.trace && againstText(sides.a.scope, sides.b.scope).empty())
        return fail("both sides are the same tokens", "--against " + joined(options.against, " "),
            "name others than --where does");
    return sides;
}

ResultOrigin originOf(const Study& study, const CheckedRequest& checked, const Options& options, const Sides& sides)
{
    ResultOrigin origin = originOf(study, checked, "compare");
    if (!otherTokens(options))
        return origin;
    const auto names = sideNames(study, sides.a, sides.b);
    origin.traces.clear();
    for (const auto& [side, name] : {std::pair(&sides.a, &names.first), std::pair(&sides.b, &names.second)}) {
        NamedValues said = describe(study.traces()[side->trace]);
        said.insert(said.begin(), {"name", *name});
        const Study::Extent extent = study.extentOf(side->trace, side->scope).value_or(Study::Extent{});
        said.emplace_back("side", describeTokens(side->scope, study.shape(side->trace)));
        said.emplace_back("side_tokens", std::to_string(extent.tokens));
        said.emplace_back("side_sequences", std::to_string(extent.sequences));
        origin.traces.push_back(std::move(said));
    }
    origin.options.emplace_back("against", againstText(sides.a.scope, sides.b.scope));
    return origin;
}

Expected<Comparison> compare(const Study& study, const CheckedRequest& checked, const Options& options,
    const Sides& sides, const Progress& progress)
{
    if (otherTokens(options))
        ES_TRY(checkSides(study, sides.a, sides.b, progress));
    MetricQuestion other = checked.question;
    other.scope = sides.b.scope;
    ES_ASSIGN(const Results a, analyseTrace(study, sides.a.trace, checked.question, progress, checked.exact));
    ES_ASSIGN(const Results b, analyseTrace(study, sides.b.trace, other, progress, checked.exact));
    Comparison comparison = compareResults(a, b);
    if (!checked.series.empty() && otherTokens(options)) {
        comparison.notBoth = "the two sides are not the same tokens";
    } else if (!checked.series.empty()) {
        ES_ASSIGN(comparison.both, analyseSeries(study, checked, progress));
        // Other tokens, other sites: every metric says the same.
        const auto& rows = comparison.both.rows;
        const bool none = std::ranges::none_of(rows, [](const ResultRow& row) { return row.value.has_value(); });
        if (none && !rows.empty()) {
            comparison.notBoth = rows.front().undefined;
            comparison.both = {};
        }
    }
    comparison.origin = originOf(study, checked, options, sides);
    return comparison;
}

std::string sameText(const Comparison& comparison, const Options& options, const Study& study, const Sides& sides)
{
    auto names = sideNames(study, sides.a, sides.b);
    if (!otherTokens(options))
        names = {options.a.string(), options.b.string()};
    return printable(names.first) + " and " + printable(names.second) + " do not differ: all "
        + grouped(comparison.rows.size()) + " numbers are the same.";
}

/// The layers of the sites where both traces have the same.
std::vector<std::uint16_t> layersOfBoth(const Study& study)
{
    const auto layers = layersOf(study.shape(0));
    return layers == layersOf(study.shape(study.traces().size() - 1)) ? layers : std::vector<std::uint16_t>();
}

void write(std::ostream& text, const ResultOutput& output, const Options& options, const Comparison& comparison,
    const CheckedRequest& checked, const Study& study, const Sides& sides)
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
            text << wrapped(sameText(comparison, options, study, sides), page.width, 2);
            return;
        }
        for (const Side* const side : {&sides.a, &sides.b})
            text << wrapped((side == &sides.a ? "A: " : "B: ") + headingOf(study, side->trace, side->scope), page.width, 2);
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
    const std::vector<std::filesystem::path> paths = pathsOf(options);
    const auto output = resultOutput(options.output, paths);
    if (!output)
        return failed(output.error(), 2);
    if (output->format == OutputFormat::Hdf5)
        return failed({"comparisons are written as tables, JSON, CSV or LaTeX", "compare", {}}, 2);
    const auto checked = checkOptions(options.analysis, paths.size());
    if (!checked)
        return failed(checked.error(), 2);
    const auto sides = sidesOf(options, checked->question.scope);
    if (!sides)
        return failed(sides.error(), 2);
    if (const auto writable = checkOutput(output->output); !writable)
        return failed(writable.error());
    const auto study = openStudy(paths, options.study);
    if (!study)
        return failed(study.error());
    if (const auto told = tellCosts(**study, *checked); !told)
        return failed(told.error());
    const auto comparison = [&] {
        const TerminalProgress progress;
        return compare(**study, *checked, options, *sides, progress.callback());
    }();
    if (!comparison)
        return failed(comparison.error());
    const std::string text
        = textOf([&](std::ostream& out) { write(out, *output, options, *comparison, *checked, **study, *sides); });
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
    arguments.option("B", options->b, "The second one; differences are B - A. Left out: other tokens of the first, --against");
    arguments
        .option("--against", options->against,
            "What B is instead: CONDITIONs in place of those of --where on the same labels; a label alone: whatever its "
            "value")
        .repeated()
        .value("CONDITION");
    addAnalysis(arguments, options->analysis, options->study);
    addOutput(arguments, options->output);
    addFull(arguments, options->output);
    return [options] { return run(*options); };
}

}

Command compareCommand()
{
    return {"compare", "The same metrics of two traces, or of two parts of one, side by side", declare};
}

}
