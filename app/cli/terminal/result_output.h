// SPDX-License-Identifier: GPL-3.0-or-later
//
// Where results go: the terminal or a file, in the format that was asked for.
#pragma once

#include "analysis/results/layout.h"
#include "io/base/output.h"

#include <filesystem>
#include <string>

namespace expertscope {

/// As they are given.
struct OutputOptions
{
    bool json = false, csv = false, latex = false, hdf5 = false; ///< none: as the ending of `output` says, else tables
    std::filesystem::path output; ///< empty or "-": standard output
    bool force = false; ///< replace what is there, of whatever kind
};

enum class OutputFormat
{
    Tables,
    Json,
    Csv,
    Latex,
    Hdf5
};

/// What they mean.
struct ResultOutput
{
    OutputFormat format = OutputFormat::Tables;
    Output output;
};

/// `inputs`: what the command reads, of which nothing is replaced. Errors are wrong uses: two formats, HDF5 without a
/// file.
Expected<ResultOutput> resultOutput(const OutputOptions& options, std::vector<std::filesystem::path> inputs);

/// `everything`: long tables whole. `heading` stands over tables on the terminal; `layers`: see LayoutOptions.
Expected<void> writeResults(const ResultOutput& output, const results::ResultDocument& document, bool everything,
    const std::string& heading, const std::vector<std::uint16_t>& layers);

/// Tables that a command made itself.
Expected<void> writeTableText(const ResultOutput& output, const std::string& text);

/// "expertscope: …" on stderr, as every command ends that fails.
int failed(const Error& error, int status = 1);

/// A command with results: check(options), where they go, run(options, output, request); the exit status.
template <typename Options, typename Check, typename Run>
int runCommand(
    const Options& options, std::vector<std::filesystem::path> inputs, const Check& check, const Run& run)
{
    auto request = check(options);
    if (!request)
        return failed(request.error(), 2);
    const auto output = resultOutput(options.output, std::move(inputs));
    if (!output)
        return failed(output.error(), 2);
    if (const auto writable = checkOutput(output->output); !writable)
        return failed(writable.error());
    const auto done = run(options, *output, std::move(*request));
    return done ? 0 : failed(done.error());
}

}
