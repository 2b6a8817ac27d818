// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <exception>
#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace expertscope {

/// An expected failure (a file, a user, a device), told as one line a person can act on.
struct Error
{
    std::string what;  ///< what is wrong: "shape and byte range disagree (48 bytes for [4, 4] F32)"
    std::string where; ///< file and place: "model.safetensors: tensor 'lm_head.weight'", "prompts.jsonl:17"
    std::string hint;  ///< what to do about it; may be empty

    /// "where: what (hint)" on one line, whatever the parts hold.
    std::string message() const;
};

/// What an exception of a library or of the language says: "out of memory".
std::string reasonOf(const std::exception& problem);

template <class T = void>
using Expected = tl::expected<T, Error>;

/// `return fail("bad magic", path);`
inline tl::unexpected<Error> fail(std::string what, std::string where = {}, std::string hint = {})
{
    return tl::unexpected<Error>(Error {std::move(what), std::move(where), std::move(hint)});
}

}

/// Hands the error of an Expected<...> expression on to the caller: `ES_TRY(reader->read(...));`
#define ES_TRY(expression)                                                                                             \
    do {                                                                                                               \
        if (auto es_try_result = (expression); !es_try_result)                                                         \
            return tl::unexpected(std::move(es_try_result).error());                                                   \
    } while (false)

#define ES_CONCAT_INNER(a, b) a##b
#define ES_CONCAT(a, b) ES_CONCAT_INNER(a, b)

/// Declares `target` from an Expected<T> or returns its error: `ES_ASSIGN(auto text, readFile(path));`
#define ES_ASSIGN(target, expression)                                                                                  \
    auto ES_CONCAT(es_assign_, __LINE__) = (expression);                                                               \
    if (!ES_CONCAT(es_assign_, __LINE__))                                                                              \
        return tl::unexpected(std::move(ES_CONCAT(es_assign_, __LINE__)).error());                                     \
    target = std::move(*ES_CONCAT(es_assign_, __LINE__))
