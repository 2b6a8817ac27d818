// SPDX-License-Identifier: GPL-3.0-or-later
//
// Where results go: the terminal or a file, in the format that was asked for.
#pragma once

#include "analysis/results/layout.h"
#include "app/cli/reading/page.h"
#include "io/base/whole_file.h"

#include <filesystem>
#include <string>

namespace expertscope {

struct OutputOptions
{
    bool json = false, csv = false, latex = false, hdf5 = false; ///< none: as the ending of `output` says, else tables
    std::filesystem::path output; ///< empty: standard output
    bool full = false; ///< long tables whole
    bool plain = false; ///< to a terminal, too, what a pipe gets: no pager, no emphasis
};

/// What tables are made for: a terminal, or a pipe and a file.
Page pageOf(const OutputOptions& options);
/// Tables on their way out: through a pager on a terminal, or to the file.
Expected<void> writeTableText(const OutputOptions& options, const std::string& text);

enum class OutputFormat
{
    Tables,
    Json,
    Csv,
    Latex,
    Hdf5
};

/// Errors are wrong uses: two formats, HDF5 without a file.
Expected<OutputFormat> formatOf(const OutputOptions& options);

/// `everything`: long tables whole, as with `full`. Over tables stands `heading`, and what is remarkable in them;
/// `layers`: see LayoutOptions.
Expected<void> writeResults(const OutputOptions& options, OutputFormat format, const results::ResultDocument& document,
    bool everything, const std::string& heading, const std::vector<std::uint16_t>& layers);

/// "expertscope: …" on stderr, as every command ends that fails.
int failed(const Error& error, int status = 1);

/// A command with results: check(options), the format, run(options, format, request); the exit status.
template <typename Options, typename Check, typename Run>
int runCommand(const Options& options, const Check& check, const Run& run)
{
    auto request = check(options);
    if (!request)
        return failed(request.error(), 2);
    const auto format = formatOf(options.output);
    if (!format)
        return failed(format.error(), 2);
    if (const auto writable = checkOutput(options.output.output); !writable)
        return failed(writable.error());
    const auto done = run(options, *format, std::move(*request));
    return done ? 0 : failed(done.error());
}

}
