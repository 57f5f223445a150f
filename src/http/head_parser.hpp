#pragma once

#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>

#include "connection.hpp"

namespace stepcast::http {

struct HeadParser {
  boost::beast::http::request_parser<boost::beast::http::buffer_body> parser;
};

}  // namespace stepcast::http
