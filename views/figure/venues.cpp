// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/figure/venues.h"

#include "io/base/named.h"

#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>

// Q_INIT_RESOURCE must stand outside of any namespace.
static void initFigureResources()
{
    Q_INIT_RESOURCE(figure);
}

namespace expertscope {

namespace {

Venue venueOf(const QJsonObject& json)
{
    Venue venue;
    venue.name = json["name"].toString().toStdString();
    venue.title = json["title"].toString();
    venue.year = json["year"].toInt();
    venue.columnMm = json["column_mm"].toDouble();
    venue.fullMm = json["full_mm"].toDouble();
    venue.maxHeightMm = json["max_height_mm"].toDouble();
    venue.font = json["font"].toString();
    venue.fontPt = json["font_pt"].toInt();
    venue.source = json["source"].toString();
    return venue;
}

}

const std::vector<Venue>& venues()
{
    static const std::vector<Venue> all = [] {
        initFigureResources();
        std::vector<Venue> read;
        const QDir folder(":/expertscope/venues");
        for (const QString& name : folder.entryList(QDir::Files, QDir::Name)) {
            QFile file(folder.filePath(name));
            if (file.open(QIODevice::ReadOnly))
                read.push_back(venueOf(QJsonDocument::fromJson(file.readAll()).object()));
        }
        return read;
    }();
    return all;
}

Expected<const Venue*> findVenue(const std::string& name)
{
    return findNamed(venues(), name, "venue");
}

void applyVenue(const Venue& venue, Span span, PageSpec& page)
{
    page.widthMm = span == Span::Full ? venue.fullMm : venue.columnMm;
    page.fontFamily = venue.font;
    page.fontSizePt = venue.fontPt;
}

}
