// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/exchange/prompts.h"

#include "io/base/text.h"
#include "io/exchange/input_format.h"
#include "io/exchange/json_prompt.h"
#include "io/exchange/json_splitter.h"
#include "io/exchange/text_reader.h"

#include <set>

namespace fs = std::filesystem;

namespace expertscope {
namespace {

bool isBlank(std::string_view text)
{
    return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

Expected<void> checkPlainText(std::string_view text, const std::string& where)
{
    if (const auto zero = text.find('\0'); zero != std::string_view::npos)
        return fail("binary: a zero byte at byte " + std::to_string(zero), where,
            "UTF-16 is read where it has a byte order mark");
    return checkUtf8(text, where);
}

/// Collects the documents of one or several inputs.
class Collector
{
public:
    explicit Collector(const PromptOptions& options)
        : m_options(options)
    {
    }

    Expected<void> readFile(const fs::path& path)
    {
        ES_ASSIGN(TextReader text, TextReader::open(path, {}, m_options.stop));
        return readInput(text, path);
    }

    Expected<void> readInput(TextReader& text, const fs::path& path)
    {
        ES_ASSIGN(const std::string_view ahead, text.ahead());
        ES_TRY(refuseForeign(ahead, text.name()));
        const auto format = inputFormat(path, ahead);
        if (format == InputFormat::Text && beginsWithJsonDocument(ahead))
            m_list.notes.push_back(text.name()
                + ": begins with a JSON object that has 'text' or 'token_ids', but is read as plain text, a document a "
                  "line (call it .jsonl to have it read as JSON)");
        return readDocuments(text, format, inputStem(path), {});
    }

    /// Sorted by name: the order of a directory listing is not ours to trust.
    Expected<void> readFolder(const fs::path& folder)
    {
        std::set<fs::path> files;
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
        for (const auto& path : files)
            ES_TRY(orSkip(readFileOfFolder(path, path.lexically_relative(folder))));
        return {};
    }

    Expected<PromptList> finish(const fs::path& path)
    {
        if (m_list.prompts.empty()) {
            const auto& reasons = m_list.skipped.reasons;
            return fail("holds no document", inputName(path),
                reasons.empty()
                    ? ""
                    : std::to_string(m_list.skipped.count) + " were skipped, the first: " + reasons.front());
        }
        if (const auto keys = m_keys.notLabels(); !keys.empty())
            m_list.notes.push_back("keys beside 'text' that are not read as labels: " + joined(keys));
        for (std::size_t i = 0; i < m_list.prompts.size(); ++i) {
            m_keys.keepLabels(m_beside[i]);
            m_list.prompts[i].labels.merge(m_beside[i]); // what is there stays
        }
        return std::move(m_list);
    }

private:
    /// A document that cannot be read ends everything, or is left out.
    Expected<void> orSkip(Expected<void> read)
    {
        if (read || !m_options.skipBad || (m_options.stop && *m_options.stop))
            return read;
        m_list.skipped.add(read.error());
        return {};
    }

    void add(JsonPrompt document, const std::string& fallbackName, const std::string& folder)
    {
        if (document.prompt.name.empty())
            document.prompt.name = fallbackName;
        if (!folder.empty())
            document.prompt.labels.emplace("folder", folder);
        m_list.prompts.push_back(std::move(document.prompt));
        m_beside.push_back(std::move(document.beside));
    }

    Expected<void> readFileOfFolder(const fs::path& path, const fs::path& relative)
    {
        ES_ASSIGN(TextReader text, TextReader::open(path, {}, m_options.stop));
        ES_ASSIGN(const std::string_view ahead, text.ahead());
        const std::string folder = relative.has_parent_path() ? relative.begin()->string() : "";
        if (const auto format = inputFormatInFolder(path, ahead); format != InputFormat::Text)
            return readDocuments(text, format, relative.string(), folder);
        ES_TRY(refuseForeign(ahead, text.name()));
        ES_TRY(checkPlainText(ahead.substr(0, ahead.find('\0') + 1), text.name())); // before a large binary is read
        JsonPrompt document;
        ES_ASSIGN(document.prompt.text, text.rest());
        ES_TRY(checkPlainText(document.prompt.text, text.name()));
        if (isBlank(document.prompt.text))
            return {};
        document.prompt.source = text.name();
        add(std::move(document), relative.string(), folder);
        return {};
    }

    Expected<void> readDocuments(
        TextReader& text, InputFormat format, const std::string& stem, const std::string& folder)
    {
        return format == InputFormat::JsonValues ? readValues(text, stem, folder)
                                                 : readLines(text, format == InputFormat::JsonLines, stem, folder);
    }

    Expected<void> readLines(TextReader& text, bool json, const std::string& stem, const std::string& folder)
    {
        std::string line;
        for (std::size_t number = 1;; ++number) {
            ES_ASSIGN(const bool any, text.line(line));
            if (!any)
                return {};
            if (isBlank(line))
                continue;
            const auto place = ":" + std::to_string(number);
            ES_TRY(orSkip(readLine(line, json, text.name() + place, stem + place, folder)));
        }
    }

    Expected<void> readLine(const std::string& line, bool json, const std::string& where, const std::string& name,
        const std::string& folder)
    {
        JsonPrompt document;
        if (json) {
            ES_TRY(checkUtf8(line, where));
            ES_ASSIGN(document, readJsonPrompt(line, where, m_keys));
        } else {
            ES_TRY(checkPlainText(line, where));
            document.prompt.text = line;
            document.prompt.source = where;
        }
        add(std::move(document), name, folder);
        return {};
    }

    Expected<void> readValues(TextReader& text, const std::string& stem, const std::string& folder)
    {
        JsonSplitter splitter(text);
        std::string value;
        for (;;) {
            ES_ASSIGN(const bool any, splitter.next(value));
            if (!any)
                return {};
            const auto name = stem + ":" + std::to_string(splitter.index());
            ES_TRY(orSkip(readLine(value, true, splitter.place(), name, folder)));
        }
    }

    const PromptOptions& m_options;
    PromptList m_list;
    std::vector<KeysBesideText::Values> m_beside; ///< of each prompt
    KeysBesideText m_keys;
};

template <class Read> Expected<PromptList> orOutOfMemory(const fs::path& path, Read&& read)
{
    try {
        return read();
    } catch (const std::exception& error) {
        return fail(std::string("cannot be read: ") + error.what(), inputName(path));
    }
}

}

Expected<PromptList> readPrompts(const fs::path& path, const PromptOptions& options)
{
    std::error_code error;
    const bool standard = path == "-" || path == "/dev/stdin";
    const auto status = fs::status(path, error);
    if (!standard && !fs::exists(status))
        return fail("no such file or folder", path.string());
    return orOutOfMemory(path, [&]() -> Expected<PromptList> {
        Collector documents(options);
        ES_TRY(!standard && fs::is_directory(status) ? documents.readFolder(path) : documents.readFile(path));
        return documents.finish(path);
    });
}

Expected<PromptList> readPrompts(
    std::unique_ptr<ByteSource> from, const fs::path& name, const TextLimits& limits, const PromptOptions& options)
{
    return orOutOfMemory(name, [&]() -> Expected<PromptList> {
        ES_ASSIGN(TextReader text, TextReader::open(std::move(from), inputName(name), limits));
        Collector documents(options);
        ES_TRY(documents.readInput(text, name));
        return documents.finish(name);
    });
}

}
