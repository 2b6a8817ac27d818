// SPDX-License-Identifier: GPL-3.0-or-later
//
// Results with what made them, and the files they are kept in: JSON and HDF5 to write and read again, CSV and LaTeX to
// write. One schema for all: resources/docs/results-format.md.
#pragma once

#include "analysis/spine/result.h"

#include <filesystem>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace expertscope {

/// Ordered name-value pairs.
using NamedValues = std::vector<std::pair<std::string, std::string>>;

/// What made the results; goes into every file.
struct ResultOrigin
{
    std::vector<NamedValues> traces; ///< of each trace: path, uuid, model, tokens, …
    NamedValues tool; ///< name, version
    NamedValues options; ///< as given

    bool operator==(const ResultOrigin&) const = default;
};

struct ResultDocument
{
    ResultOrigin origin;
    Results results;
};

inline constexpr const char* kResultsFormat = "expertscope-results";
inline constexpr const char* kResultsFormatVersion = "1.0.0";

/// What readers are ready to take; more is refused.
inline constexpr std::uint64_t kMostResultRows = 1u << 23;
inline constexpr std::uint64_t kMostMatrixValues = 1u << 28; ///< of all matrices together
inline constexpr std::uint64_t kMostMatrices = 1u << 20;
inline constexpr std::size_t kMostMatrixAxes = 8;

/// Numbers that no file could keep (infinities, NaN as a value) become undefined, with the reason.
void makeFinite(Results& results);

/// Rows and matrices, a line each. Numbers read back to the same double. Text that is not UTF-8 gets U+FFFD.
void writeResultsJson(std::ostream& out, const ResultDocument& document);

/// "# name: value" lines, a header, then a row a line (RFC 4180). Same numbers as the JSON; matrices are left out, a
/// comment says so.
void writeResultsCsv(std::ostream& out, const ResultDocument& document);

/// Tables for a paper: LaTeX tabulars that need the package booktabs and nothing else. `everything`: of long tables
/// each line, else as the terminal shows them (layout.h).
void writeResultsLatex(std::ostream& out, const ResultDocument& document, bool everything);

/// One HDF5 file, version 1.10, written beside `path` and renamed.
/// Errors: what the file system says; more rows or values than a reader takes.
Expected<void> writeResultsHdf5(const std::filesystem::path& path, const ResultDocument& document);

/// Errors name the place: row, matrix, field.
Expected<ResultDocument> readResultsJson(std::string_view text, const std::string& where);
Expected<ResultDocument> readResultsHdf5(const std::filesystem::path& path);
/// HDF5 or JSON, told by the first bytes.
Expected<ResultDocument> readResults(const std::filesystem::path& path);

}
