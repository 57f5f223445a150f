#pragma once

#include "stepcast/workshop/workshop.hpp"

#include "api_operation.hpp"

namespace stepcast::server::api {

// Each adds the operations and shapes of what the workshop keeps; `shop` must outlive the table.
void add_workshop_operations(Table& table, workshop::Workshop& shop);
void add_statistics_operations(Table& table, workshop::Workshop& shop);

}  // namespace stepcast::server::api
