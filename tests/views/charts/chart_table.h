// SPDX-License-Identifier: GPL-3.0-or-later
//
// Charts drawn of a study, and their tables read back.
#pragma once

#include "views/charts/chart.h"

#include <QByteArrayList>
#include <QTest>

#include <cmath>

namespace expertscope::testing {

inline Expected<ChartPtr> drawnChart(const std::string& chart, const Study& study,
    const std::map<std::string, std::string>& options = {}, Look look = {}, std::size_t trace = 0,
    const Scope& scope = {})
{
    const ChartSpec& spec = *findChart(chart).value();
    ChartQuestion question;
    question.trace = trace;
    question.scope = scope;
    ES_ASSIGN(question.params, checkOptions(spec, options));
    ES_ASSIGN(const ChartDataPtr data, spec.compute(study, question, {}));
    return spec.draw(data, question.params, look);
}

/// The records of a chart's table by the names of their columns; fields hold no commas here.
class ChartTable
{
public:
    explicit ChartTable(const QByteArray& csv)
    {
        for (const QByteArray& line : csv.split('\n')) {
            if (line.isEmpty() || line.startsWith('#'))
                continue;
            if (m_names.isEmpty())
                m_names = line.split(',');
            else
                m_records.push_back(line.split(','));
        }
    }
    std::size_t size() const { return m_records.size(); }
    std::string text(std::size_t record, const char* column) const
    {
        const auto at = m_names.indexOf(column);
        return at < 0 ? "no column " + std::string(column) : m_records[record][at].toStdString();
    }
    double number(std::size_t record, const char* column) const
    {
        const std::string field = text(record, column);
        return field.empty() ? std::nan("") : std::stod(field);
    }

private:
    QByteArrayList m_names;
    std::vector<QByteArrayList> m_records;
};

/// The table of a chart; of one that cannot be drawn the error, which has no records.
inline ChartTable tableOfChart(
    const std::string& chart, const Study& study, const std::map<std::string, std::string>& options = {})
{
    const auto drawn = drawnChart(chart, study, options);
    return ChartTable(drawn ? (*drawn)->csv() : QByteArray::fromStdString(drawn.error().message()));
}

/// Equal to the nine digits of a table.
inline bool alike(double a, double b)
{
    return std::isnan(a) ? std::isnan(b) : std::abs(a - b) <= 1e-8 * (1 + std::abs(b));
}

}
