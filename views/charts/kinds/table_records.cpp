// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/charts/kinds/table_records.h"

#include "views/charts/wording.h"

#include <QByteArrayList>

#include <algorithm>

namespace expertscope {

namespace {

/// A table taken apart; fields as they stand, with their quotes.
struct Table
{
    QByteArrayList head, columns;
    std::vector<QByteArrayList> records;
};

Table tableOf(const QByteArray& csv)
{
    Table table;
    qsizetype at = 0;
    while (at < csv.size() && csv[at] == '#') {
        const qsizetype end = csv.indexOf('\n', at);
        table.head << csv.mid(at, end - at);
        at = end + 1;
    }
    QByteArrayList record;
    bool quoted = false;
    for (qsizetype from = at; at < csv.size(); ++at) {
        quoted = quoted != (csv[at] == '"');
        if (quoted || (csv[at] != ',' && csv[at] != '\n'))
            continue;
        record << csv.mid(from, at - from);
        from = at + 1;
        if (csv[at] == ',')
            continue;
        if (table.columns.isEmpty())
            table.columns = std::move(record);
        else
            table.records.push_back(std::move(record));
        record.clear();
    }
    return table;
}

}

QByteArray joinedTables(const std::vector<std::pair<QByteArray, QByteArray>>& tables, const QByteArray& about)
{
    std::vector<Table> parts;
    QByteArrayList columns;
    for (const auto& [name, csv] : tables) {
        const Table& table = parts.emplace_back(tableOf(csv));
        for (const QByteArray& column : table.columns) {
            if (!columns.contains(column))
                columns << column;
        }
    }
    const auto everywhere = [&](const QByteArray& line) {
        return std::ranges::all_of(parts, [&](const Table& table) { return table.head.contains(line); });
    };
    QByteArray joined;
    for (const QByteArray& line : parts.front().head) {
        if (everywhere(line))
            joined += line + '\n';
    }
    joined += "# panel: " + about + '\n';
    for (std::size_t i = 0; i < parts.size(); ++i) {
        for (const QByteArray& line : parts[i].head) {
            if (!everywhere(line))
                joined += "# panel " + tables[i].first.simplified() + ", " + line.mid(2) + '\n';
        }
    }
    joined += "panel";
    for (const QByteArray& column : columns)
        joined += ',' + (column == "panel" ? QByteArray("inner_panel") : column);
    joined += '\n';
    for (std::size_t i = 0; i < parts.size(); ++i) {
        std::vector<qsizetype> places;
        for (const QByteArray& column : columns)
            places.push_back(parts[i].columns.indexOf(column));
        const QByteArray name = csvText(tables[i].first.toStdString());
        for (const QByteArrayList& record : parts[i].records) {
            joined += name;
            for (const qsizetype place : places)
                joined += ',' + record.value(place);
            joined += '\n';
        }
    }
    return joined;
}

}
