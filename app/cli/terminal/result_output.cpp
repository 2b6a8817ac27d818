// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/terminal/result_output.h"

#include "analysis/results/csv_writer.h"
#include "analysis/results/hdf5_writer.h"
#include "analysis/results/json_writer.h"
#include "analysis/results/latex_writer.h"
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
    if (format == OutputFormat::Hdf5 && options.output.empty())
        return fail("HDF5 needs a file to go to", "--hdf5", "-o FILE.h5");
    return format;
}

Expected<void> writeResults(const OutputOptions& options, OutputFormat format, const ResultDocument& document,
    bool everything, const std::string& heading, const std::vector<std::uint16_t>& layers)
{
    std::ostringstream text;
    switch (format) {
    case OutputFormat::Hdf5:
        ES_TRY(writeResultsHdf5(options.output, document));
        return checkComputed(document.results);
    case OutputFormat::Json:
        writeResultsJson(text, document);
        break;
    case OutputFormat::Csv:
        writeResultsCsv(text, document);
        break;
    case OutputFormat::Latex:
        writeResultsLatex(text, document, everything);
        break;
    case OutputFormat::Tables: {
        LayoutOptions layout;
        layout.everything = everything;
        layout.layers = layers;
        const std::size_t width = terminalWidth();
        text << wrapped(heading, width, 2) << '\n';
        writeTables(text, layOut(document.results, layout), width);
        break;
    }
    }
    ES_TRY(writeOutput(options.output, text.str()));
    return checkComputed(document.results);
}

int failed(const Error& error, int status)
{
    std::fprintf(stderr, "expertscope: %s\n", error.message().c_str());
    return status;
}

}
