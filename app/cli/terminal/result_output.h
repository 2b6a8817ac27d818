// SPDX-License-Identifier: GPL-3.0-or-later
//
// Where results go: the terminal or a file, in the format that was asked for.
#pragma once

#include "analysis/results/layout.h"
#include "io/base/whole_file.h"

#include <filesystem>
#include <string>

namespace expertscope {

struct OutputOptions
{
    bool json = false, csv = false, latex = false, hdf5 = false; ///< none: as the ending of `output` says, else tables
    std::filesystem::path output; ///< empty: standard output
};

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

/// Fails too when nothing could be computed, once it is written: results::checkComputed(). `everything`: long tables whole. `heading` stands over tables on the terminal; `layers`: see LayoutOptions.
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
