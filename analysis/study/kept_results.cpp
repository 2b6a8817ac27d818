// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/study/kept_results.h"

#include "analysis/results/json_reader.h"
#include "analysis/results/json_writer.h"
#include "io/base/text.h"

#include <sstream>

namespace expertscope {

using namespace results;

namespace {

constexpr const char* kExtremes = "extremes"; // an option of the document: which rows have ResultRow::extreme

}

std::string keptText(const Results& results)
{
    std::string extremes;
    for (std::size_t i = 0; i < results.rows.size(); ++i) {
        if (results.rows[i].extreme)
            addPart(extremes, std::to_string(i), " ");
    }
    const ResultDocument document{{.traces = {}, .tool = {}, .options = {{kExtremes, extremes}}}, results};
    std::ostringstream text;
    writeResultsJson(text, document);
    return std::move(text).str();
}

Expected<Results> readKeptText(const std::string& text, const std::string& where)
{
    ES_ASSIGN(ResultDocument document, readResultsJson(text, where));
    Results& results = document.results;
    for (const auto& [name, value] : document.origin.options) {
        std::istringstream extremes(name == kExtremes ? value : std::string());
        for (std::size_t i = 0; extremes >> i;) {
            if (i >= results.rows.size())
                return fail("row " + std::to_string(i) + " is said to be an extreme; there are "
                        + std::to_string(results.rows.size()),
                    where);
            results.rows[i].extreme = true;
        }
    }
    return std::move(results);
}

}
