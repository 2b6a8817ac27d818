// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/result_output.h"

#include "analysis/results/csv_writer.h"
#include "analysis/results/hdf5_writer.h"
#include "analysis/results/json_writer.h"
#include "analysis/results/latex_writer.h"
#include "app/cli/result_tables.h"
#include "app/cli/table.h"

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

#include <unistd.h>

namespace expertscope {

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

Expected<void> checkOutput(const std::filesystem::path& path)
{
    if (path.empty())
        return {};
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored))
        return fail(std::strerror(EISDIR), path.string());
    const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
    if (access((folder / "").c_str(), W_OK | X_OK) != 0) // the slash: a file is no folder
        return fail(std::strerror(errno), path.string());
    return {};
}

Expected<void> writeOutput(const std::filesystem::path& path, const std::string& text)
{
    if (path.empty()) {
        if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
            return fail(std::strerror(errno), "standard output");
        return {};
    }
    const std::filesystem::path part = path.string() + ".part";
    errno = 0;
    std::ofstream file(part, std::ios::binary);
    file << text;
    file.close();
    std::error_code ignored, error;
    if (!file) {
        const std::string reason = errno ? std::strerror(errno) : "cannot write";
        std::filesystem::remove(part, ignored);
        return fail(reason, path.string());
    }
    std::filesystem::rename(part, path, error);
    if (error) {
        std::filesystem::remove(part, ignored);
        return fail(error.message(), path.string());
    }
    return {};
}

Expected<void> writeResults(const OutputOptions& options, OutputFormat format, const ResultDocument& document,
    bool everything, const std::string& heading, const std::vector<std::uint16_t>& layers)
{
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
    return writeOutput(options.output, text.str());
}

int failed(const Error& error, int status)
{
    std::fprintf(stderr, "expertscope: %s\n", error.message().c_str());
    return status;
}

std::function<bool(double)> TerminalProgress::callback() const
{
    if (!isatty(STDERR_FILENO))
        return {};
    const auto start = std::chrono::steady_clock::now();
    return [start, shown = -1](double fraction) mutable {
        const int percent = int(fraction * 100);
        if (std::chrono::steady_clock::now() - start > std::chrono::seconds(1) && percent != shown) {
            shown = percent;
            std::fprintf(stderr, "\ranalysing: %d %%", percent);
        }
        return true;
    };
}

TerminalProgress::~TerminalProgress()
{
    if (isatty(STDERR_FILENO))
        std::fprintf(stderr, "\r\033[K");
}

}
