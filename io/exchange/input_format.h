// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/base/error.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace expertscope {

/// How documents stand in an input.
enum class InputFormat
{
    Text,
    JsonLines, ///< an object a line
    JsonValues ///< objects in one array, or one behind the other over several lines
};

/// A name ends with .jsonl, .ndjson, .jsonlines, .ldjson or .json, whatever the case, with or without .gz and .zst:
/// JSON. A name that ends with something else: text. One without an ending (a pipe): JSON when it begins so. `ahead`:
/// the beginning of the text.
InputFormat inputFormat(const std::filesystem::path& name, std::string_view ahead);

/// Of a file in a folder of documents, where .json may just as well be a document by itself (package.json): JSON only
/// where it begins so.
InputFormat inputFormatInFolder(const std::filesystem::path& name, std::string_view ahead);

/// Whether a text begins with an object, maybe in an array, that has a key "text" or "token_ids".
bool beginsWithJsonDocument(std::string_view ahead);

/// The error about what no text is: Git LFS pointers, Parquet, Arrow, archives, HDF5, …
Expected<void> refuseForeign(std::string_view ahead, const std::string& where);

/// The name without its folder and its endings: "de" of "corpus/de.jsonl.gz".
std::string inputStem(const std::filesystem::path& name);

}
