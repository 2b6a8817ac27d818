// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/terminal/result_output.h"

#include "analysis/results/csv_writer.h"
#include "analysis/results/hdf5_writer.h"
#include "analysis/results/json_writer.h"
#include "analysis/results/latex_writer.h"
#include "analysis/results/result_kinds.h"
#include "app/cli/reading/remark_text.h"
#include "app/cli/terminal/result_tables.h"
#include "app/cli/terminal/table.h"
#include "io/base/standard_streams.h"

#include <cstdio>

namespace expertscope {

using namespace results;

namespace {

FileKind kindOf(OutputFormat format)
{
    switch (format) {
    case OutputFormat::Json:
        return jsonKind();
    case OutputFormat::Csv:
        return csvKind();
    case OutputFormat::Latex:
        return latexKind();
    case OutputFormat::Hdf5:
        return hdf5Kind();
    case OutputFormat::Tables:
        break;
    }
    return tablesKind();
}

}

Expected<ResultOutput> resultOutput(const OutputOptions& options, std::vector<std::filesystem::path> inputs)
{
    if (options.json + options.csv + options.latex + options.hdf5 > 1)
        return fail("--json, --csv, --latex and --hdf5 exclude each other");
    const std::string ending = options.output.extension().string();
    OutputFormat format = OutputFormat::Tables;
    if (options.json || options.csv || options.latex || options.hdf5)
        format = options.json ? OutputFormat::Json
            : options.csv     ? OutputFormat::Csv
            : options.latex   ? OutputFormat::Latex
                              : OutputFormat::Hdf5;
    else if (ending == ".json")
        format = OutputFormat::Json;
    else if (ending == ".csv")
        format = OutputFormat::Csv;
    else if (ending == ".tex")
        format = OutputFormat::Latex;
    else if (ending == ".h5" || ending == ".hdf5")
        format = OutputFormat::Hdf5;
    else if (!ending.empty() && ending != ".txt")
        return fail("what an ending '" + ending + "' is to hold is not known", options.output.string(),
            "known: .json, .csv, .tex, .h5, .hdf5, and .txt or none for tables; or name the format: --json, --csv, …");
    ResultOutput output{
        format, {options.output, kindOf(format), std::move(inputs), options.force}, options.full, options.plain};
    if (format == OutputFormat::Hdf5 && output.output.isStandardOutput())
        return fail("HDF5 needs a file to go to", "--hdf5", "-o FILE.h5");
    return output;
}

Page pageOf(const ResultOutput& output)
{
    return pageOf(output.plain || !output.output.isStandardOutput());
}

Expected<void> writeTableText(const ResultOutput& output, const std::string& text)
{
    return output.output.isStandardOutput() ? showPage(pageOf(output), text)
                                            : writeOutput(output.output, tablesHead() + text);
}

namespace {

Expected<void> write(const ResultOutput& output, const ResultDocument& document, bool everything,
    const std::string& heading, const std::vector<std::uint16_t>& layers)
{
    LayoutOptions layout;
    layout.everything = everything || output.full;
    layout.layers = layers;
    layout.definitionOf = metricDefinition;
    switch (output.format) {
    case OutputFormat::Hdf5:
        return writeResultsHdf5(output.output, document);
    case OutputFormat::Json:
        return writeOutput(output.output, textOf([&](std::ostream& out) { writeResultsJson(out, document); }));
    case OutputFormat::Csv:
        return writeOutput(output.output, textOf([&](std::ostream& out) { writeResultsCsv(out, document); }));
    case OutputFormat::Latex:
        return writeOutput(
            output.output, textOf([&](std::ostream& out) { writeResultsLatex(out, document, layout); }));
    case OutputFormat::Tables:
        break;
    }
    const Page page = pageOf(output);
    return writeTableText(output, textOf([&](std::ostream& out) {
        out << wrapped(heading, page.width, 2) << '\n';
        if (const std::string remarks = remarkText(document.results, layers, page); !remarks.empty())
            out << remarks << '\n';
        writeTables(out, layOut(document.results, layout), page);
    }));
}

}

Expected<void> writeResults(const ResultOutput& output, const ResultDocument& document, bool everything,
    const std::string& heading, const std::vector<std::uint16_t>& layers)
{
    ES_TRY(write(output, document, everything, heading, layers));
    return checkComputed(document.results);
}

int failed(const Error& error, int status)
{
    std::fprintf(stderr, "expertscope: %s\n", error.message().c_str());
    return status;
}

}
