// SPDX-License-Identifier: GPL-3.0-or-later
//
// Where results go: the terminal or a file, in the format that was asked for.
#pragma once

#include "analysis/results/layout.h"
#include "app/cli/reading/page.h"
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
    bool full = false; ///< long tables whole
    bool plain = false; ///< to a terminal, too, what a pipe gets: no pager, no emphasis
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
    bool full = false, plain = false; ///< as in OutputOptions
};

/// `inputs`: what the command reads, of which nothing is replaced. Errors are wrong uses: two formats, HDF5 without a
/// file.
Expected<ResultOutput> resultOutput(const OutputOptions& options, std::vector<std::filesystem::path> inputs);

/// What tables are made for: a terminal, or a pipe and a file.
Page pageOf(const ResultOutput& output);
/// Tables on their way out: through a pager on a terminal, or to the file.
Expected<void> writeTableText(const ResultOutput& output, const std::string& text);

/// `everything`: long tables whole, as with `full`. Over tables stands `heading`, and what is remarkable in them;
/// `layers`: see LayoutOptions. Fails too when nothing could be computed, once it is written: results::checkComputed().
Expected<void> writeResults(const ResultOutput& output, const results::ResultDocument& document, bool everything,
    const std::string& heading, const std::vector<std::uint16_t>& layers);

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
