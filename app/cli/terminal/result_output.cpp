// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/terminal/result_output.h"

#include "analysis/results/csv_writer.h"
#include "analysis/results/hdf5_writer.h"
#include "analysis/results/json_writer.h"
#include "analysis/results/latex_writer.h"
#include "app/cli/reading/remark_text.h"
#include "app/cli/terminal/result_tables.h"
#include "app/cli/terminal/table.h"

#include <cstdio>
#include <sstream>

namespace expertscope {

using namespace results;

Expected<OutputFormat> formatOf(const OutputOptions& options)
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
    if (format == OutputFormat::Hdf5 && options.output.empty())
        return fail("HDF5 needs a file to go to", "--hdf5", "-o FILE.h5");
    return format;
}

Page pageOf(const OutputOptions& options)
{
    return pageOf(options.plain || !options.output.empty());
}

Expected<void> writeTableText(const OutputOptions& options, const std::string& text)
{
    return options.output.empty() ? showPage(pageOf(options), text) : writeOutput(options.output, text);
}

Expected<void> writeResults(const OutputOptions& options, OutputFormat format, const ResultDocument& document,
    bool everything, const std::string& heading, const std::vector<std::uint16_t>& layers)
{
    LayoutOptions layout;
    layout.everything = everything || options.full;
    layout.layers = layers;
    layout.definitionOf = metricDefinition;
    std::ostringstream text;
    switch (format) {
    case OutputFormat::Hdf5:
        return writeResultsHdf5(options.output, document);
    case OutputFormat::Json:
        writeResultsJson(text, document);
        break;
    case OutputFormat::Csv:
        writeResultsCsv(text, document);
        break;
    case OutputFormat::Latex:
        writeResultsLatex(text, document, layout);
        break;
    case OutputFormat::Tables: {
        const Page page = pageOf(options);
        text << wrapped(heading, page.width, 2) << '\n';
        if (const std::string remarks = remarkText(document.results, layers, page); !remarks.empty())
            text << remarks << '\n';
        writeTables(text, layOut(document.results, layout), page);
        return writeTableText(options, text.str());
    }
    }
    return writeOutput(options.output, text.str());
}

int failed(const Error& error, int status)
{
    std::fprintf(stderr, "expertscope: %s\n", error.message().c_str());
    return status;
}

}
