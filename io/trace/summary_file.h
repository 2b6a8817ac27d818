// SPDX-License-Identifier: GPL-3.0-or-later
//
// A summary as a file: what is known of a trace without its choices (resources/docs/summary.md). Texts in HDF5; what they say
// is up to analysis/study.
#pragma once

#include "io/base/output.h"

#include <functional>
#include <memory>
#include <optional>

namespace expertscope {

FileKind summaryKind();
/// Is it one, as far as its first attribute says?
bool isSummary(const std::filesystem::path& path);

/// Writes a summary part by part; nothing is there before finish().
class SummaryWriter
{
public:
    /// `trace`: a JSON text about the trace. Errors: those of an output.
    static Expected<SummaryWriter> create(const Output& output, const std::string& trace);
    SummaryWriter(SummaryWriter&&) noexcept;
    ~SummaryWriter();

    /// An answer, a JSON text, by the text of its question; each question once.
    Expected<void> add(const std::string& question, const std::string& answer);
    Expected<void> finish();

private:
    struct Private;
    explicit SummaryWriter(std::unique_ptr<Private> d);
    std::unique_ptr<Private> d;
};

/// An open summary; safe to ask from several threads.
class SummaryFile
{
public:
    /// Errors: no summary, of a newer format, damaged.
    static Expected<std::shared_ptr<const SummaryFile>> open(const std::filesystem::path& path);
    ~SummaryFile();

    const std::string& trace() const;
    std::size_t size() const; ///< answers
    std::optional<std::size_t> find(const std::string& question) const;
    Expected<std::string> answer(std::size_t index) const;
    std::uint64_t bytes() const; ///< of the file

private:
    struct Private;
    explicit SummaryFile(std::unique_ptr<Private> d);
    std::unique_ptr<Private> d;
};

}
