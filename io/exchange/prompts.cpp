// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/exchange/prompts.h"

#include "io/base/utf8.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <set>

namespace fs = std::filesystem;

namespace expertscope {
namespace {

using Json = nlohmann::json;

constexpr std::uintmax_t kMaxFileBytes = std::uintmax_t(4) << 30;

std::string at(const fs::path& path, std::size_t line)
{
    return path.string() + ":" + std::to_string(line);
}

Expected<std::ifstream> openFile(const fs::path& path)
{
    std::error_code error;
    const auto bytes = fs::file_size(path, error);
    if (error)
        return fail(error.message(), path.string());
    if (bytes > kMaxFileBytes)
        return fail("larger than 4 GiB", path.string(), "split it");
    std::ifstream file(path, std::ios::binary);
    if (!file)
        return fail("cannot be opened for reading", path.string());
    return file;
}

void trimLineEnd(std::string& line, bool first)
{
    if (!line.empty() && line.back() == '\r')
        line.pop_back();
    if (first && line.starts_with("\xef\xbb\xbf"))
        line.erase(0, 3);
}

Expected<void> checkText(const std::string& text, const std::string& where)
{
    if (const auto bad = invalidUtf8At(text))
        return fail("not UTF-8 at byte " + std::to_string(*bad), where);
    return {};
}

/// Depth is bounded before the parser builds anything: a hostile line of brackets must not use up the stack.
bool nestedDeeperThan(const std::string& line, int limit)
{
    int depth = 0;
    bool inString = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (inString) {
            if (c == '\\')
                ++i;
            else if (c == '"')
                inString = false;
        } else if (c == '"') {
            inString = true;
        } else if (c == '[' || c == '{') {
            if (++depth > limit)
                return true;
        } else if (c == ']' || c == '}') {
            --depth;
        }
    }
    return false;
}

Expected<std::string> labelText(const Json& value, const std::string& key, const std::string& where)
{
    if (value.is_string())
        return value.get<std::string>();
    if (value.is_number() || value.is_boolean())
        return value.dump();
    return fail("label '" + key + "' must be a string, a number or a boolean", where);
}

Expected<std::vector<std::int32_t>> readTokenIds(const Json& value, const std::string& where)
{
    if (!value.is_array() || value.empty())
        return fail("'token_ids' must be a non-empty list of integers", where);
    std::vector<std::int32_t> ids;
    ids.reserve(value.size());
    for (const auto& id : value) {
        if (!id.is_number_unsigned() || id.get<std::uint64_t>() > std::uint64_t(INT32_MAX))
            return fail(
                "'token_ids' entry " + std::to_string(ids.size()) + " is not an integer in 0..2147483647", where);
        ids.push_back(id.get<std::int32_t>());
    }
    return ids;
}

Expected<Prompt> readJsonLine(const std::string& line, const std::string& where)
{
    if (nestedDeeperThan(line, 16))
        return fail("nested deeper than 16 levels", where);
    const Json object = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (object.is_discarded())
        return fail("not a JSON object", where, "one object a line: {\"text\": …, \"name\": …, \"labels\": {…}}");
    if (!object.is_object())
        return fail("a JSON value, but not an object", where);

    Prompt prompt;
    prompt.source = where;
    const bool hasText = object.contains("text");
    const bool hasIds = object.contains("token_ids");
    if (hasText == hasIds)
        return fail(hasText ? "has both 'text' and 'token_ids'" : "has neither 'text' nor 'token_ids'", where);
    if (hasText) {
        if (!object["text"].is_string())
            return fail("'text' is not a string", where);
        prompt.text = object["text"].get<std::string>();
        if (prompt.text.empty())
            return fail("'text' is empty", where);
    } else {
        ES_ASSIGN(auto ids, readTokenIds(object["token_ids"], where));
        prompt.tokenIds = std::move(ids);
    }
    if (object.contains("name")) {
        if (!object["name"].is_string())
            return fail("'name' is not a string", where);
        prompt.name = object["name"].get<std::string>();
    }
    if (object.contains("labels")) {
        const auto& labels = object["labels"];
        if (!labels.is_object())
            return fail("'labels' is not an object", where);
        for (const auto& [key, value] : labels.items()) {
            if (key.empty() || key.find_first_of("/=\n") != std::string::npos)
                return fail("label name '" + key + "' is empty or holds '/', '=' or a line break", where);
            ES_ASSIGN(prompt.labels[key], labelText(value, key, where));
        }
    }
    return prompt;
}

Expected<std::vector<Prompt>> readLines(const fs::path& path, bool json)
{
    ES_ASSIGN(auto file, openFile(path));
    std::vector<Prompt> prompts;
    std::string line;
    for (std::size_t number = 1; std::getline(file, line); ++number) {
        trimLineEnd(line, number == 1);
        if (line.find_first_not_of(" \t") == std::string::npos)
            continue;
        const auto where = at(path, number);
        ES_TRY(checkText(line, where));
        if (json) {
            ES_ASSIGN(auto prompt, readJsonLine(line, where));
            prompts.push_back(std::move(prompt));
        } else {
            prompts.push_back({{}, where, {}, line, {}});
        }
        if (prompts.back().name.empty())
            prompts.back().name = path.stem().string() + ":" + std::to_string(number);
    }
    if (file.bad())
        return fail("cannot be read to its end", path.string());
    return prompts;
}

Expected<std::vector<Prompt>> readFolder(const fs::path& folder)
{
    std::set<fs::path> files; // sorted: the order of a directory listing is not ours to trust
    std::error_code error;
    for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
        const bool hidden = it->path().filename().string().starts_with('.');
        if (hidden && it->is_directory(error))
            it.disable_recursion_pending();
        else if (!hidden && it->is_regular_file(error))
            files.insert(it->path());
    }
    if (error)
        return fail(error.message(), folder.string());

    std::vector<Prompt> prompts;
    for (const auto& path : files) {
        ES_ASSIGN(auto file, openFile(path));
        Prompt prompt;
        prompt.text.assign(std::istreambuf_iterator<char>(file), {});
        trimLineEnd(prompt.text, true);
        ES_TRY(checkText(prompt.text, path.string()));
        if (prompt.text.find_first_not_of(" \t\r\n") == std::string::npos)
            continue;
        const auto relative = path.lexically_relative(folder);
        prompt.name = relative.string();
        prompt.source = path.string();
        if (relative.has_parent_path())
            prompt.labels["folder"] = relative.begin()->string();
        prompts.push_back(std::move(prompt));
    }
    return prompts;
}

}

Expected<std::vector<Prompt>> readPrompts(const fs::path& path)
{
    std::error_code error;
    const auto status = fs::status(path, error);
    if (!fs::exists(status))
        return fail("no such file or folder", path.string());
    auto prompts = fs::is_directory(status) ? readFolder(path) : readLines(path, path.extension() == ".jsonl");
    if (prompts && prompts->empty())
        return fail("holds no document", path.string());
    return prompts;
}

}
